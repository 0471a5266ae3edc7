"""The context is asked for in the pipeline's function, where no step runs."""

from __future__ import annotations

from flowc import get_step_context, pipeline, step


@step
def tell(name: str) -> str:
    return name


@pipeline
def in_pipeline() -> None:
    tell(get_step_context().step_run.name)
