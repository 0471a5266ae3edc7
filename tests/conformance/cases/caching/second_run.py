"""Cached when nothing changed; another parameter executes only what it reaches."""

from __future__ import annotations

from flowc import pipeline, step


@step
def load(rows: int) -> list[int]:
    return list(range(rows))


@step
def label(name: str) -> str:
    return name.upper()


@step
def report(numbers: list[int], name: str) -> str:
    return f"{name}: {sum(numbers)}"


@pipeline
def second_run(rows: int = 3, name: str = "a") -> None:
    report(load(rows), label(name))
