"""A step that is told a secret, and proves that without telling it."""

from __future__ import annotations

import hashlib
import os

from flowc import Secret, pipeline, step


@step(settings={"docker": {"environment": {"LICENCE": Secret("licence")}}})
def prove(password: str) -> list[str]:
    print("told", password)
    return [hashlib.sha256(it.encode()).hexdigest() for it in (password, os.environ["LICENCE"])]


@pipeline
def told() -> None:
    prove(Secret("db_main", key="password"))
