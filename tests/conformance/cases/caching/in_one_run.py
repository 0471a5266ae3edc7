"""The same step with the same inputs twice in a run: the second finds the first's outputs."""

from __future__ import annotations

from flowc import pipeline, step


@step
def square(number: int) -> int:
    return number * number


@pipeline
def in_one_run() -> None:
    first = square(3)
    square(3, id="again", after=first)
