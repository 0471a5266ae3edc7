"""A helper in another module is edited, then only a comment in it."""

from __future__ import annotations

from flowc import pipeline, step

from .lib import shift  # noqa: TID252 - found wherever the case is copied to


@step
def load() -> int:
    return 1


@step
def move(number: int) -> int:
    return shift(number)


@pipeline
def helper_edited() -> None:
    move(load())
