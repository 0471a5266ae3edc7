"""The steps that end by force without the help of anybody who watches containers."""

from __future__ import annotations

from ended import end_all, failed, hungry, killed, slow

from flowc import pipeline


@pipeline(on_failure=failed)
def alone() -> None:
    end_all(killed, slow, hungry)
