"""Eight steps in a row, made in a loop."""

from __future__ import annotations

from flowc import pipeline, step


@step
def add(number: int) -> int:
    return number + 1


@pipeline
def long_chain(start: int = 0) -> None:
    number = start
    for _ in range(8):
        number = add(number)
