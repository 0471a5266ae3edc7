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


_tracers: list[Tracer] = []


def active_tracer() -> Tracer | None:
    return _tracers[-1] if _tracers else None


def push_tracer(tracer: Tracer) -> None:
    _tracers.append(tracer)


def pop_tracer() -> None:
    _tracers.pop()


def inside_a_step() -> bool:
    """Whether this process is executing a step's function."""
    import sys

    context = sys.modules.get("flowc_runtime.context")
    return context is not None and context.active()


def driver() -> Any:
    from importlib import import_module

    return import_module("flowc.driver")
