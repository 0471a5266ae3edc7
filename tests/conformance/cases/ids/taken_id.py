"""Two invocations are given the same id."""

from __future__ import annotations

from flowc import pipeline, step


@step
def keep(number: int) -> int:
    return number


@pipeline
def taken_id() -> None:
    keep(1, id="same")
    keep(2, id="same")
