"""Six steps that have nothing to do with each other."""

from __future__ import annotations

from flowc import pipeline, step


@step
def alone(number: int) -> int:
    return -number


@pipeline
def wide() -> None:
    for number in range(6):
        alone(number)
