"""Three steps, each fed by the one before."""

from __future__ import annotations

from flowc import pipeline, step


@step
def load(rows: int) -> list[int]:
    return list(range(rows))


@step
def double(numbers: list[int]) -> list[int]:
    return [2 * number for number in numbers]


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@pipeline
def linear(rows: int = 4) -> None:
    total(double(load(rows)))
