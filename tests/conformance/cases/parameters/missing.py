"""A step is called without one of its inputs, and with one that it does not have."""

from __future__ import annotations

from flowc import pipeline, step


@step
def scale(number: int, factor: int) -> int:
    return number * factor


@pipeline
def missing() -> None:
    scale(1, facto=2)
