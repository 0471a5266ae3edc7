"""Where a call of a step or pipeline goes: to the tracer at work, or to the driver.

Nothing in this package imports upward; the driver is found by name when it is needed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Protocol

    from flowc.authoring.pipeline import Pipeline
    from flowc.authoring.step import Step

    class Tracer(Protocol):
        """Records the calls that a pipeline function makes."""

        def call_step(
            self, step: Step, args: Sequence[Any], kwargs: Mapping[str, Any]
        ) -> object: ...
        def call_pipeline(
            self, pipeline: Pipeline, args: Sequence[Any], kwargs: Mapping[str, Any]
        ) -> object: ...


WITHOUT_STACK = "FLOWC_RUN_SINGLE_STEPS_WITHOUT_STACK"
_YES = ("true", "1", "yes", "on")
_NO = ("false", "0", "no", "off", "")

_tracers: list[Tracer] = []


def active_tracer() -> Tracer | None:
    return _tracers[-1] if _tracers else None


def push_tracer(tracer: Tracer) -> None:
    _tracers.append(tracer)


def pop_tracer() -> None:
    _tracers.pop()


def inside_a_step() -> bool:
    """Whether this process is executing a step's function, or a hook."""
    import sys

    context: Any = sys.modules.get("flowc_runtime.context")
    return context is not None and context.active()


def without_stack() -> bool:
    """Whether FLOWC_RUN_SINGLE_STEPS_WITHOUT_STACK makes a step that is called a plain function.

    Raises AuthorError when it says neither yes nor no.
    """
    import os

    text = os.environ.get(WITHOUT_STACK, "")
    if text.strip().lower() in _YES:
        return True
    if text.strip().lower() in _NO:
        return False
    from flowc.errors import AuthorError

    raise AuthorError(
        f"the environment variable {WITHOUT_STACK} wants True or False, got {text!r}"
    )


def driver() -> Any:
    from importlib import import_module

    return import_module("flowc.driver")
