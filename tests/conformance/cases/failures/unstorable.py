"""An output that no materializer can keep, and a return value of the wrong shape."""

from __future__ import annotations

import threading
from typing import Annotated

from flowc import pipeline, step


@step
def lock() -> object:
    return threading.Lock()


@step
def too_few() -> tuple[Annotated[int, "a"], Annotated[int, "b"]]:
    return (1,)  # type: ignore[return-value]


@step
def use(value: object) -> str:
    return str(value)


@pipeline
def unstorable() -> None:
    use(lock())
    too_few()
