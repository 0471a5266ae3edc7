"""enable_cache=False on the pipeline; a step may still say otherwise."""

from __future__ import annotations

from flowc import pipeline, step


@step
def inherits() -> int:
    return 1


@step(enable_cache=True)
def insists() -> int:
    return 2


@pipeline(enable_cache=False)
def disabled_pipeline() -> None:
    inherits()
    insists()
