"""A constant that does not fit its annotation."""

from __future__ import annotations

from flowc import pipeline, step


@step
def double(number: int) -> int:
    return 2 * number


@pipeline
def wrong_type() -> None:
    double("three")
