"""`after=` names an invocation that is called further down."""

from __future__ import annotations

from flowc import pipeline, step


@step
def note(text: str) -> str:
    return text


@pipeline
def forward() -> None:
    note("second", id="late", after="early")
    note("first", id="early")
