"""Refuses what the target cannot give: every feature that a pipeline uses is asked for by name.

Nothing is changed. A backend that does not know a feature does not support it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import BackendError, FlowcError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc import ir


NVIDIA = "nvidia.com/gpu"


def check_features(
    pipeline: ir.Pipeline,
    target: str,
    supports: Mapping[str, str],
    hints: Mapping[str, str] | None = None,
) -> None:
    """Raise BackendError, or several at once, naming step, feature and target.

    ``hints`` say by feature what would support it.
    """
    hints = hints or {}
    errors: list[FlowcError] = [
        BackendError(
            f"{what} is not supported by the target '{target}'",
            where=where,
            hint=hints.get(feature, ""),
        )
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


def all_features(pipeline: ir.Pipeline) -> set[str]:
    """What it uses, with the features that need no word from the author."""
    return {feature for feature, *_ in used_features(pipeline)} | _always(pipeline)


def _always(pipeline: ir.Pipeline) -> set[str]:
    steps = pipeline.steps
    used = {"images", "logs"}
    used |= {"parameters"} if pipeline.runtime_parameters else set()
    used |= {"caching"} if any(step.cache for step in steps) else set()
    used |= {"environment"} if any(step.docker.environment for step in steps) else set()
    used |= {"parallel"} if any(map(_starts_beside, steps, steps[1:])) else set()
    used |= {"schedule"} if pipeline.schedule else set()
    used |= {"max_active_runs"} if pipeline.max_active_runs else set()
    failing = pipeline.execution_mode == "continue_on_failure" and len(steps) > 1
    return used | ({"continue_on_failure"} if failing else set())


def _starts_beside(before: ir.Step, step: ir.Step) -> bool:
    """Whether a step does not come after the one before it."""
    return before.id not in step.upstream


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
    for feature, what in (*_resources(step.resources), *_placement(step.placement)):
        yield feature, f"{what} of step '{step.id}'", where


def _resources(resources: ir.Resources) -> Iterator[tuple[str, str]]:
    if resources.cpu:
        yield "resources", "cpu_count"
    if resources.memory:
        yield "resources", "memory"
    if resources.gpus:
        yield "gpus", "gpu_count"
    if resources.gpus and resources.gpu_type != NVIDIA:
        yield "gpu_types", f"gpu_type '{resources.gpu_type}'"


def _placement(placement: ir.Placement) -> Iterator[tuple[str, str]]:
    for mount in placement.volumes:
        yield f"{mount.kind}_volumes", f"the {mount.kind} volume {mount.path}"
    for name in ("node_selector", "tolerations", "service_account", "labels", "annotations"):
        if getattr(placement, name):
            yield name, f"the setting '{name}'"
    for name in ("image_pull_secrets", "image_pull_policy"):
        if getattr(placement, name):
            yield "image_pull", f"the setting '{name}'"
