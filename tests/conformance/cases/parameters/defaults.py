"""Defaults of steps, constants of the pipeline, keyword-only and positional arguments."""

from __future__ import annotations

from flowc import pipeline, step


@step
def collect(a: int, /, b: int = 2, *, c: int = 3, d: str = "four") -> list[object]:
    return [a, b, c, d]


@pipeline
def defaults() -> None:
    collect(1)
    collect(1, 20, d="vier")
    collect(1, c=30, b=0)
