"""When on_success is called, the outputs are stored, and the hook can load them."""

from __future__ import annotations

from typing import Annotated

from flowc import get_step_context, pipeline, step


def succeeded(context, step_output) -> None:
    loaded = {name: context.outputs[name] for name in context.outputs}
    print("HOOK on_success", loaded, step_output == loaded, dict(context.inputs))
    print("HOOK on_success", get_step_context().step_run.status)


@step(on_success=succeeded)
def split(number: int) -> tuple[Annotated[int, "half"], Annotated[list[int], "rest"]]:
    return number // 2, [number % 2]


@pipeline
def after_success(number: int = 7) -> None:
    split(number)
