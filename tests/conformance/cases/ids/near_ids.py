"""Ids that differ only in what the names of some engines cannot show."""

from __future__ import annotations

from flowc import pipeline, step


@step
def keep(number: int) -> int:
    return number


@pipeline
def near_ids() -> None:
    keep(1, id="a b")
    keep(2, id="a:b")
