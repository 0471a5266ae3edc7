"""Messages from steps and from flowc's own hooks, one of them about a failure."""

from __future__ import annotations

from flowc import get_step_context, pipeline, step
from flowc.client import Client
from flowc.hooks import alerter_failure_hook, alerter_success_hook


@step(enable_cache=False)
def measured(number: int) -> bool:
    run = get_step_context().pipeline_run.id
    return Client().active_stack.alerter.post(f"{run} measured {number}", title="Measured")


@step(enable_cache=False)
def broken(number: int) -> int:
    raise LookupError(f"no use for {number}")


@pipeline(on_success=alerter_success_hook, on_failure=alerter_failure_hook)
def alerting(number: int = 3) -> None:
    measured(number)
    broken(number)
