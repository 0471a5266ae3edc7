"""enable_cache=False on one step; what follows is cached, as its input is the same."""

from __future__ import annotations

from flowc import pipeline, step


@step(enable_cache=False)
def always() -> int:
    return 4


@step
def sometimes(number: int) -> int:
    return number + 1


@pipeline
def disabled() -> None:
    sometimes(always())
