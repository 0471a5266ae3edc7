"""What a running step, and a hook of its, may know about itself and its run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from flowc_runtime.contract import Json

OUTSIDE = (
    "{} works inside a running step and in its hooks; here nothing runs (at the top level of a "
    "module, in the pipeline's function, in on_init and in on_cleanup there is no step). "
    "Call it in the function of a step, or in a function that a step calls"
)


class StepConfig:
    """``parameters`` are the step's inputs that are plain values, decoded."""

    __slots__ = ("parameters",)

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.parameters = parameters


class StepRunContext:
    """``name`` is the invocation's id; ``attempt`` counts from 1.

    ``status`` is ``running``, in hooks what the step has come to: ``completed``, ``cached``,
    ``failed`` or ``lost``.
    """

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
    """Returned by `get_step_context`.

    ``inputs`` are the step's arguments by name. ``outputs`` are what it returned, by name, in the
    hooks of a step that completed or was cached; else there are none. In hooks both are read from
    the store when they are asked for.
    """

    __slots__ = ("inputs", "outputs", "pipeline", "pipeline_run", "step_run")

    def __init__(
        self, pipeline: PipelineContext, pipeline_run: PipelineRunContext, step_run: StepRunContext
    ) -> None:
        self.pipeline = pipeline
        self.pipeline_run = pipeline_run
        self.step_run = step_run
        self.inputs: Mapping[str, Any] = {}
        self.outputs: Mapping[str, Any] = {}


_active: list[StepContext] = []
_metadata: dict[str, Json] = {}


class _Process:
    """What is known of this process: a child runs one step or hook, and imports modules first."""

    is_child = False
    calls_hook = False


def active() -> bool:
    """Whether this process is executing a step's function, or a hook."""
    return bool(_active) or _Process.calls_hook


def importing() -> bool:
    """Whether this process was started for a step or hook, and is only importing its module."""
    return _Process.is_child and not active()


def enter_child() -> None:
    _Process.is_child = True


def enter_hook() -> None:
    _Process.calls_hook = True


def get_step_context() -> StepContext:
    """The context of the step that is running, or whose hook is.

    Raises RuntimeError outside of one.
    """
    if not _active:
        raise RuntimeError(OUTSIDE.format("get_step_context()"))
    return _active[-1]


def log_metadata(metadata: Mapping[str, Any]) -> None:
    """Keep facts about a step with its result: numbers, texts, lists and dicts of them.

    Names that were logged before are replaced. Numbers of numpy and others with an ``item()`` are
    kept as Python's; what JSON has no number for as the text ``NaN``, ``Infinity`` or
    ``-Infinity``. Raises TypeError for anything else, RuntimeError outside of a step.
    """
    if not _active:
        raise RuntimeError(OUTSIDE.format("log_metadata()"))
    from flowc_runtime.metadata import check

    _metadata.update(check(metadata))


def enter(context: StepContext) -> None:
    _active.append(context)


def leave() -> None:
    _active.pop()


def take_metadata() -> dict[str, Json]:
    """What was logged since this was called last."""
    taken = dict(_metadata)
    _metadata.clear()
    return taken
