"""Pipelines in pipelines, three deep; a pipeline returns what its step made."""

from __future__ import annotations

from flowc import pipeline, step


@step
def add(number: int, more: int) -> int:
    return number + more


@pipeline
def inner(number: int) -> int:
    return add(number, 1)


@pipeline
def middle(number: int) -> int:
    return add(inner(number), 10)


@pipeline
def nested(number: int = 5) -> None:
    add(middle(number), 100)
