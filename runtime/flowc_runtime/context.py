"""What a running step may know about itself and its run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class StepConfig:
    """``parameters`` are the step's inputs that are plain values, decoded."""

    __slots__ = ("parameters",)

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.parameters = parameters


class StepRunContext:
    """``name`` is the invocation's id; ``attempt`` counts from 1."""

    __slots__ = ("attempt", "config", "name", "status")

    def __init__(self, name: str, attempt: int, parameters: dict[str, Any]) -> None:
        self.name = name
        self.attempt = attempt
        self.status = "running"
        self.config = StepConfig(parameters)


class PipelineRunContext:
    """``id`` is unique in the store, ``name`` is for people."""

    __slots__ = ("id", "name")

    def __init__(self, id: str, name: str) -> None:  # noqa: A002
        self.id = id
        self.name = name


class PipelineContext:
    """The pipeline that the run is one of."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class StepContext:
    """Returned by `get_step_context`."""

    __slots__ = ("pipeline", "pipeline_run", "step_run")

    def __init__(
        self, pipeline: PipelineContext, pipeline_run: PipelineRunContext, step_run: StepRunContext
    ) -> None:
        self.pipeline = pipeline
        self.pipeline_run = pipeline_run
        self.step_run = step_run


_active: list[StepContext] = []


def active() -> bool:
    """Whether this process is executing a step's function."""
    return bool(_active)


def get_step_context() -> StepContext:
    """The context of the step that is running.

    Raises RuntimeError outside of one.
    """
    if not _active:
        raise RuntimeError(
            "there is no step context here: get_step_context() works inside a running step"
        )
    return _active[-1]


def enter(context: StepContext) -> None:
    _active.append(context)


def leave() -> None:
    _active.pop()
