"""`after=` a step that failed, without its data: skipped all the same."""

from __future__ import annotations

from flowc import pipeline, step


@step
def broken() -> None:
    raise RuntimeError("nothing to follow")


@step
def note(text: str) -> str:
    return text


@pipeline
def after_failure() -> None:
    done = broken()
    note("never", id="behind", after=done)
    note("always", id="apart")
