"""Refuses what the target cannot give: every feature that a pipeline uses is asked for by name.

Nothing is changed. A backend that does not know a feature does not support it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import BackendError, FlowcError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc import ir


def check_features(pipeline: ir.Pipeline, target: str, supports: Mapping[str, str]) -> None:
    """Raise BackendError, or several at once, naming step, feature and target."""
    errors: list[FlowcError] = [
        BackendError(f"{what} is not supported by the target '{target}'", where=where)
        for feature, what, where in used_features(pipeline)
        if supports.get(feature, "error") == "error"
    ]
    raise_all(errors)


def used_features(pipeline: ir.Pipeline) -> Iterator[tuple[str, str, str]]:
    """(feature, what uses it in words, ``file:line``)."""
    where = str(pipeline.location)
    if pipeline.execution_mode != "continue_on_failure":
        yield pipeline.execution_mode, f"execution_mode '{pipeline.execution_mode}'", where
    if pipeline.timeout is not None:
        yield "run_timeout", f"the timeout of pipeline '{pipeline.name}'", where
    if pipeline.max_parallel_steps:
        yield "max_parallel_steps", f"max_parallel_steps of pipeline '{pipeline.name}'", where
    for parameter in pipeline.runtime_parameters:
        if parameter.filled:
            what = f"the parameter '{parameter.name}', {parameter.filled} by default,"
            yield "scheduled_time", what, str(parameter.location)
    for hook in pipeline.hooks:
        yield "run_hooks", f"{hook.event} of pipeline '{pipeline.name}'", hook.where
    for step in pipeline.steps:
        yield from _used_by(step)


def _used_by(step: ir.Step) -> Iterator[tuple[str, str, str]]:
    where = str(step.defined or step.location)
    for use in step.components:
        feature = f"{use.flavor}_operator" if use.kind == "step_operator" else use.kind
        yield feature, f"{use.kind} '{use.name}' ({use.flavor}) of step '{step.id}'", where
    for ref in step.secrets:
        yield "secrets", f"the secret '{ref}' of step '{step.id}'", where
    for hook in step.hooks:
        yield "hooks", f"{hook.event} of step '{step.id}'", where
    if step.timeout is not None:
        yield "timeout", f"the timeout of step '{step.id}'", where
    if step.retry.max_retries:
        yield "retries", f"the retry of step '{step.id}'", where
    if step.infrastructure_retries:
        yield "infrastructure_retries", f"infrastructure_retries of step '{step.id}'", where
