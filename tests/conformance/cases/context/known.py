"""What a step may know about itself and its run."""

from __future__ import annotations

from flowc import get_step_context, pipeline, step


@step(enable_cache=False)
def base() -> int:
    return 5


@step(enable_cache=False)
def look(number: int, label: str, items: list[int]) -> dict[str, object]:
    context = get_step_context()
    return {
        "name": context.step_run.name,
        "attempt": context.step_run.attempt,
        "status": context.step_run.status,
        "parameters": context.step_run.config.parameters,
        "inputs": dict(context.inputs),
        "outputs": dict(context.outputs),
        "pipeline": context.pipeline.name,
        "run": context.pipeline_run.id.startswith("known-") and bool(context.pipeline_run.name),
    }


@pipeline
def known(label: str = "default") -> None:
    look(base(), label, [1, 2], id="looking")
