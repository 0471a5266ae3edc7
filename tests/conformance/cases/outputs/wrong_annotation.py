"""Several return values without names."""

from __future__ import annotations

from flowc import pipeline, step


@step
def split(number: int) -> tuple[int, int]:
    return number // 2, number % 2


@pipeline
def wrong_annotation() -> None:
    split(3)
