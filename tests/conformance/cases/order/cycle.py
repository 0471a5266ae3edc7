"""Two invocations wait for each other."""

from __future__ import annotations

from flowc import pipeline, step


@step
def wait() -> None: ...


@pipeline
def cycle() -> None:
    wait(id="hen", after="egg")
    wait(id="egg", after="hen")
