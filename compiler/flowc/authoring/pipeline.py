"""The `@pipeline` decorator."""

from __future__ import annotations

from flowc.authoring import port
from flowc.authoring.configuration import PIPELINE_OPTIONS
from flowc.authoring.definition import Definition, check_class
from flowc.authoring.handles import author_location
from flowc.authoring.imported import left_out
from flowc.errors import AuthorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike
    from typing import Any, overload

    from typing_extensions import Self

    from flowc.authoring.caching import CachePolicy
    from flowc.authoring.hooks import Hook
    from flowc.authoring.retry import RetryConfig
    from flowc.authoring.schedule import Schedule
    from flowc.client.explain import PlanDocument


class Pipeline(Definition):
    """A pipeline: call it to run it on this machine, or inside another one to inline it.

    Its function is called once at compile time, with symbolic values in place of the parameters
    that stay open until run time.

    As a class: derive one, write the function as its method ``connect``, and make an instance,
    which takes the decorator's options by name.
    """

    kind = "pipeline"
    known = PIPELINE_OPTIONS

    def __init__(
        self,
        function: Callable[..., Any] | None = None,
        /,
        *,
        name: str | None = None,
        **options: Any,
    ) -> None:
        if type(self) is Pipeline and function is not None:
            super().__init__(function, name=name, options=options)
            return
        cls = type(self)
        check_class(cls, self.kind)
        if function is not None:
            raise AuthorError(
                f"{cls.__name__}(...) takes options by name, got {function!r}",
                where=author_location(),
                hint="what the pipeline works on are parameters of its method 'connect'",
            )
        self._define(getattr(self, "connect"), cls, name, options)  # noqa: B009 - the author's

    def with_options(self, **options: Any) -> Self:
        copy = super().with_options(**options)
        if getattr(self.entrypoint, "__self__", None) is self:
            copy.entrypoint = copy.__wrapped__ = getattr(copy, "connect")  # noqa: B009 - the author's
        return copy

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tracer = port.active_tracer()
        if tracer is not None:
            return tracer.call_pipeline(self, args, kwargs)
        if port.inside_a_step():
            raise AuthorError(
                f"{self.title} is called inside a running step",
                where=author_location(),
                hint="call it in a pipeline, which inlines it, or from a script of its own",
            )
        skipped = left_out(self.title)
        if skipped is not None:
            return skipped
        return port.driver().run_called_pipeline(self, args, kwargs)

    def plan(self, *args: Any, **kwargs: Any) -> PlanDocument:
        """What a call with these arguments would do: hit or miss for each step, and why.

        Nothing is executed and nothing is written.
        """
        document: PlanDocument = port.driver().plan_called_pipeline(self, args, kwargs)
        return document


if TYPE_CHECKING:

    @overload
    def pipeline(function: Callable[..., Any], /) -> Pipeline: ...
    @overload
    def pipeline(
        *,
        name: str | None = None,
        enable_cache: bool | None = None,
        cache_policy: CachePolicy | None = None,
        enable_artifact_metadata: bool | None = None,
        retry: RetryConfig | None = None,
        settings: dict[str, Any] | None = None,
        include: Sequence[str] | None = None,
        run_name: str | None = None,
        substitutions: dict[str, str | int | float] | None = None,
        config_path: str | PathLike[str] | None = None,
        on_start: Hook | None = None,
        on_end: Hook | None = None,
        on_success: Hook | None = None,
        on_failure: Hook | None = None,
        on_cached: Hook | None = None,
        on_init: Hook | None = None,
        on_cleanup: Hook | None = None,
        execution_mode: str | None = None,
        schedule: Schedule | str | None = None,
        max_active_runs: int | None = None,
        max_parallel_steps: int | None = None,
        timeout: float | None = None,
        infrastructure_retries: int | None = None,
    ) -> Callable[[Callable[..., Any]], Pipeline]: ...


def pipeline(
    function: Callable[..., Any] | None = None, /, *, name: str | None = None, **options: Any
) -> Pipeline | Callable[[Callable[..., Any]], Pipeline]:
    """Make a pipeline of a function that calls steps.

    ``enable_cache``, ``cache_policy``, ``retry``, ``settings``, ``infrastructure_retries`` and the
    hooks of steps apply to every step that does not say otherwise; ``timeout`` (seconds) is for
    the whole run. ``schedule`` has the engine start runs by itself; ``max_active_runs`` is how
    many of them may be active at the same time, ``max_parallel_steps`` how many steps of a run.
    ``include`` lists data files as glob patterns relative to the file of the pipeline; they travel
    with the code. ``config_path`` is a YAML file whose options beat these. Raises AuthorError for
    unknown options.
    """
    if function is not None:
        return Pipeline(function, name=name, **options)

    def decorate(decorated: Callable[..., Any]) -> Pipeline:
        return Pipeline(decorated, name=name, **options)

    return decorate
