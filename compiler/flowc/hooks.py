"""Hooks that post to the stack's alerter, for steps and pipelines.

>>> from flowc.hooks import alerter_failure_hook, alerter_success_hook
"""

from __future__ import annotations

from flowc.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc_runtime.context import StepContext

__all__ = ["alerter_failure_hook", "alerter_success_hook"]


def alerter_success_hook(context: StepContext) -> None:
    """As ``on_success`` of a step, or of a pipeline for all of its steps."""
    _post(context, "completed", "", "success")


def alerter_failure_hook(exception: BaseException, context: StepContext) -> None:
    """As ``on_failure`` of a step, or of a pipeline for all of its steps."""
    attempts = context.step_run.attempt
    after = f" after {attempts} attempts" if attempts > 1 else ""
    # What was never an exception, as a killed process, has a stand-in that says so.
    kind = getattr(exception, "type_name", "") or type(exception).__name__
    _post(context, "failed", f"{after}:\n{kind}: {_text(exception)}", "failure")


def _post(context: StepContext, verb: str, more: str, notify_type: str) -> None:
    step, run = context.step_run.name, context.pipeline_run
    called = f"{run.name} ({run.id})" if run.name != run.id else run.id
    Client().active_stack.alerter.post(
        f"Step '{step}' of pipeline '{context.pipeline.name}' {verb} in run {called}{more or '.'}",
        title=f"{context.pipeline.name}: {step} {verb}",
        notify_type=notify_type,
    )


def _text(exception: BaseException) -> str:
    try:
        return str(exception)
    except Exception:  # noqa: BLE001 - an exception's text is the author's code, too
        return "its text cannot be made"
