"""None as a value, and a step without an annotation."""

from __future__ import annotations

from flowc import pipeline, step


@step
def find(wanted: str) -> str | None:
    return {"a": "found"}.get(wanted)


@step
def bare(number):
    return None if number is None else [number]


@step
def show(found: str | None, other: object) -> str:
    return f"{found!r} {other!r}"


@pipeline
def nothing() -> None:
    show(find("z"), bare(find("a", id="hit")))
