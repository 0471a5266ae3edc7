"""`after=` a nested pipeline: as a result, by its id, and a nested pipeline that waits itself."""

from __future__ import annotations

from flowc import pipeline, step


@step(enable_cache=False)
def work(text: str) -> str:
    return text


@pipeline
def part(text: str) -> None:
    work(text)
    work(text, id="more", after="work")


@pipeline
def after_nested() -> None:
    first = part("a", id="first")
    part("b", id="second", after=first)
    work("c", id="last", after=["second", "first.more"])
