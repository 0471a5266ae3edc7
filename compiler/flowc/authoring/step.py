"""The `@step` decorator."""

from __future__ import annotations

from flowc.authoring import port
from flowc.authoring.configuration import STEP_OPTIONS
from flowc.authoring.definition import Definition
from flowc.authoring.imported import check_guard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, overload

    from flowc.authoring.caching import CachePolicy
    from flowc.authoring.hooks import Hook
    from flowc.authoring.retry import RetryConfig


CALL_OPTIONS = ("id", "step_name", "after")
"""What a call takes beside the function's own arguments."""


class Step(Definition):
    """A step: call it inside a pipeline function to add an invocation.

    The call takes the function's own arguments, and ``id`` (also ``step_name``) for the
    invocation's id and ``after`` for what must have completed first. Outside a pipeline the call
    runs an unlisted pipeline of this one step and returns its value, a tuple of several, None for
    none; inside a running step it is a plain call. ``entrypoint`` is the plain function.
    """

    kind = "step"
    known = STEP_OPTIONS

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tracer = port.active_tracer()
        if tracer is not None:
            return tracer.call_step(self, args, kwargs)
        if port.inside_a_step() or port.without_stack():
            return self.entrypoint(*args, **self._own(kwargs))
        check_guard(self.title)
        return port.driver().run_step(self, args, kwargs)

    def _own(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Without what a call tells flowc: a plain call has no id and no order."""
        function: Any = self.entrypoint
        while hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        code = function.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        return {
            name: value
            for name, value in kwargs.items()
            if name in names or name not in CALL_OPTIONS
        }


if TYPE_CHECKING:

    @overload
    def step(function: Callable[..., Any], /) -> Step: ...
    @overload
    def step(
        *,
        name: str | None = None,
        enable_cache: bool | None = None,
        cache_policy: CachePolicy | None = None,
        enable_artifact_metadata: bool | None = None,
        retry: RetryConfig | None = None,
        settings: dict[str, Any] | None = None,
        output_materializers: dict[str, Any] | None = None,
        alerter: str | None = None,
        experiment_tracker: str | None = None,
        step_operator: str | None = None,
        on_start: Hook | None = None,
        on_end: Hook | None = None,
        on_success: Hook | None = None,
        on_failure: Hook | None = None,
        on_cached: Hook | None = None,
        timeout: float | None = None,
        infrastructure_retries: int | None = None,
    ) -> Callable[[Callable[..., Any]], Step]: ...


def step(
    function: Callable[..., Any] | None = None, /, *, name: str | None = None, **options: Any
) -> Step | Callable[[Callable[..., Any]], Step]:
    """Make a step of a function that stands at the top level of a module.

    ``name`` defaults to the function's. ``settings["docker"]`` says what the step's image is made
    of. ``timeout`` ends an attempt after so many seconds. ``infrastructure_retries`` is how often
    the engine starts a container again that was lost. ``alerter``, ``experiment_tracker`` and
    ``step_operator`` choose a component of the stack by its name. Raises AuthorError for anything
    that no container could import, and for unknown options.
    """
    if function is not None:
        return Step(function, name=name, options=options)

    def decorate(decorated: Callable[..., Any]) -> Step:
        return Step(decorated, name=name, options=options)

    return decorate
