"""What an author of a scheduled pipeline should know before its first night.

Nothing is changed. A step whose key is the same in each run is executed once and then cached for
good, which is seldom what a schedule is for:

    load() -> day            load: every run after the first takes its outputs from the cache
    clean(day) -> rows       (as fresh as load)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc import ir
from flowc.errors import AuthorError, BackendError
from flowc.ir.verify import references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def check_schedule(
    pipeline: ir.Pipeline, target: str, supports: Mapping[str, str]
) -> tuple[str, ...]:
    """Notes on a scheduled pipeline that is compiled; a run that somebody asks for needs none.

    Raises BackendError when what is compiled cannot hold a schedule, AuthorError when a parameter
    has no default: nobody is there to give it a value.
    """
    if pipeline.max_active_runs and supports.get("max_active_runs", "error") == "error":
        raise BackendError(
            f"max_active_runs is not supported by the target '{target}'",
            where=str(pipeline.location),
        )
    if pipeline.schedule is None:
        return ()
    if supports.get("schedule", "error") == "error":
        raise BackendError(
            f"the schedule {pipeline.schedule} is not supported by the target '{target}'",
            where=str(pipeline.location),
            hint="leave it out when compiling for this target, and set it up in the engine",
        )
    for parameter in pipeline.runtime_parameters:
        if parameter.default is None:
            raise AuthorError(
                f"pipeline '{pipeline.name}' has a schedule, and its parameter "
                f"'{parameter.name}' has no default",
                where=str(parameter.location),
                hint="give it a default; a run that the engine starts has no other values",
            )
    return tuple(_frozen(pipeline))


def _frozen(pipeline: ir.Pipeline) -> Iterator[str]:
    for step in pipeline.steps:
        if step.cache and not _has_upstream_data(step) and not _can_change(step):
            yield (
                f"{step.defined or step.location}: step '{step.id}' is cached and takes nothing "
                "from another step, so each scheduled run after the first has its outputs from "
                "the cache; if it reads the world, give it enable_cache=False or "
                "cache_policy=CachePolicy(expires=...)"
            )


def _has_upstream_data(step: ir.Step) -> bool:
    found = (reference for item in step.inputs for reference in references(item.value))
    return any(isinstance(reference, ir.OutputRef) for reference in found)


def _can_change(step: ir.Step) -> bool:
    """Whether its policy lets the step run again, or asks a function of the author's."""
    return step.cache_policy.expires is not None or step.cache_policy.key is not None
