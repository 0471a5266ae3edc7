"""A chain of trivial steps, as long as it is asked to be."""

from __future__ import annotations

from flowc import pipeline, step


@step
def add(value: int) -> int:
    return value + 1


@pipeline
def chain(steps: int = 1000) -> None:
    value = 0
    for _ in range(steps):
        value = add(value)
