"""Traces a pipeline: parameters first, then the calls, then their order and options."""

from __future__ import annotations

import inspect
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring import port
from flowc.authoring.handles import ParameterHandle, author_location, is_ours
from flowc.authoring.hooks import PIPELINE_EVENTS, STEP_EVENTS
from flowc.authoring.secrets import Secret
from flowc.errors import AuthorError, FlowcError
from flowc.trace import options, project
from flowc.trace.caching import Policies
from flowc.trace.components import component_uses
from flowc.trace.configuration import (
    EMPTY,
    Configuration,
    pipeline_values,
    placed,
    same_value,
)
from flowc.trace.model import signature_of
from flowc.trace.names import check_names
from flowc.trace.naming import check_naming, substitutions
from flowc.trace.order import ordered, resolve_orders
from flowc.trace.parameters import (
    check_value,
    json_text,
    plain_text,
    read_parameters,
    takes_no_value,
)
from flowc.trace.placement import placement_settings
from flowc.trace.problems import Problems
from flowc.trace.resources import check_gpus, resource_settings
from flowc.trace.settings import check_components, docker_settings, secret_environment
from flowc.trace.shape import shape_parameters
from flowc.trace.tracer import Call, Tracer, check_secret
from flowc.trace.types import hints_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowc.authoring.definition import Definition
    from flowc.authoring.pipeline import Pipeline
    from flowc.authoring.step import Step
    from flowc.trace.configuration import Given
    from flowc.trace.model import Argument, Keep, Signature

OF_A_RUN = (
    *PIPELINE_EVENTS, "execution_mode", "max_active_runs", "max_parallel_steps", "timeout",
    "run_name", "schedule", "substitutions",
)  # fmt: skip
"""Options of a pipeline that its steps cannot take over."""


NO_STACK = ir.Stack()


def trace_pipeline(
    pipeline: Pipeline,
    *,
    typed: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    configuration: Configuration = EMPTY,
    stack: ir.Stack = NO_STACK,
) -> ir.Pipeline:
    """Trace a pipeline for parameters that a person ``typed``, or Python values that were given.

    Raises AuthorError for whatever is wrong with the definition, the configuration or the values,
    and for an exception in the pipeline function, then with the author's part of the traceback.
    """
    return trace_calls(
        pipeline, typed=typed, given=given, configuration=configuration, stack=stack
    )[0]


def trace_calls(
    pipeline: Pipeline,
    *,
    typed: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    configuration: Configuration = EMPTY,
    stack: ir.Stack = NO_STACK,
) -> tuple[ir.Pipeline, Mapping[str, Call]]:
    """The same, and what was recorded of each invocation."""
    problems = Problems(configuration.file, configuration.errors)
    try:
        found = _trace(pipeline, typed or {}, given or {}, configuration, stack, problems)
    except FlowcError as error:
        if not problems.keep(error) and not problems:
            raise
    else:
        if not problems:
            return found
    raise problems.error()


def _trace(
    pipeline: Pipeline,
    typed: Mapping[str, str],
    given: Mapping[str, Any],
    configuration: Configuration,
    stack: ir.Stack,
    problems: Problems,
) -> tuple[ir.Pipeline, Mapping[str, Call]]:
    pipeline = configuration.configured(pipeline)
    code = pipeline.entrypoint.__code__
    root = project.project_root(code.co_filename)
    here = project.location(code.co_filename, code.co_firstlineno, root)
    signature = signature_of(pipeline, hints_of(pipeline.entrypoint))
    annotated = {argument.name: argument.annotated for argument in signature.arguments}
    types = {argument.name: argument.type for argument in signature.arguments}
    before = len(problems)
    in_file = _in_file(pipeline, signature, given, configuration, problems)
    secrets = _secrets(signature, given, in_file)
    plain = {name: value for name, value in given.items() if type(value) is not Secret}
    texts = _texts(pipeline, types, typed, plain, in_file)
    forced = shape_parameters(pipeline, annotated)
    if forced and (configuration.partial or len(problems) > before):
        raise problems.error()  # which steps there are depends on what is wrong
    parameters = read_parameters(pipeline, signature, forced, texts, secrets, here)
    tracer = Tracer(root, configuration, problems=problems)
    _call(pipeline, tracer, _arguments(pipeline, parameters, tracer))
    if not tracer.calls:
        raise AuthorError(
            f"{pipeline.title} has no step",
            where=pipeline.where,
            hint="call at least one step in it",
        )
    with problems.collected():
        configuration.check_steps({id_: call.step.name for id_, call in tracer.calls.items()})
    traced = ir.Pipeline(
        name=pipeline.name,
        location=here,
        doc=inspect.cleandoc(pipeline.__doc__ or ""),
        parameters=parameters,
        body=ir.Block(nodes=ordered(_steps(pipeline, tracer, root, stack))),
        include=_included(pipeline, tracer, root),
        hooks=options.hooks(
            pipeline.options, PIPELINE_EVENTS, title=pipeline.title, root=root, problems=problems
        ),
        execution_mode=pipeline.options.get("execution_mode", "continue_on_failure"),
        schedule=options.schedule(pipeline.options.get("schedule")),
        max_active_runs=pipeline.options.get("max_active_runs", 0),
        max_parallel_steps=pipeline.options.get("max_parallel_steps", 0),
        timeout=pipeline.options.get("timeout"),
        run_name=pipeline.options.get("run_name", ""),
        substitutions=substitutions(pipeline.options.get("substitutions", {})),
        stack=stack,
        notes=tuple(_notes(pipeline, tracer)),
    )
    check_names(traced)
    if not configuration.partial:
        check_naming(traced, configuration.places, pipeline.where)
    return traced, tracer.calls


def _in_file(
    pipeline: Pipeline,
    signature: Signature,
    given: Mapping[str, Any],
    configuration: Configuration,
    problems: Problems,
) -> dict[str, Given]:
    """The parameters of the file that are right; what is wrong with the others is a problem."""
    arguments = {argument.name: argument for argument in signature.arguments}
    types = {name: argument.type for name, argument in arguments.items()}

    def check(name: str, found: Given) -> None:
        holders = (given.get(name), found.value, arguments[name].default)
        secret = next((value for value in holders if type(value) is Secret), None)
        if secret is not None:
            _check_secret_in_file(signature.title, arguments[name], secret, found)
        else:
            with placed(found.where):
                plain_text(pipeline, name, types[name], found.value)

    return pipeline_values(configuration, pipeline.title, types, check, problems)


def _secrets(
    signature: Signature, given: Mapping[str, Any], in_file: Mapping[str, Given]
) -> dict[str, Secret]:
    """What parameters have in place of values: as it is given, else in the file, else by default.

    Raises AuthorError for a file that contradicts a call in Python.
    """
    pairs = [(argument.name, argument.default) for argument in signature.arguments]
    pairs += [(name, found.value) for name, found in in_file.items()]
    pairs += given.items()
    secrets = {name: value for name, value in pairs if type(value) is Secret}
    for name in secrets.keys() & in_file.keys():
        found = in_file[name]
        if name in given and not same_value(given[name], found.value):
            raise AuthorError(
                f"{signature.title}: parameter '{name}' is {found.value!r} here, "
                f"and the call at {author_location()} passes {given[name]!r}",
                where=found.where,
                hint="take one of the two away",
            )
    return secrets


def _check_secret_in_file(title: str, argument: Argument, secret: Secret, found: Given) -> None:
    if type(found.value) is not Secret:
        raise takes_no_value(title, argument.name, secret, found.where)
    check_secret(found.value, argument.type, title=title, name=argument.name, where=found.where)


def _texts(
    pipeline: Pipeline,
    types: Mapping[str, ir.Type],
    typed: Mapping[str, str],
    given: Mapping[str, Any],
    in_file: Mapping[str, Given],
) -> dict[str, str]:
    """Values of parameters as JSON texts: what is typed beats the file, what is given equals it.

    Raises AuthorError for a file that contradicts a call in Python.
    """
    texts: dict[str, str] = {}
    for name, found in in_file.items():
        if type(found.value) is not Secret:
            texts[name] = plain_text(pipeline, name, types[name], found.value)
    for name, value in given.items():
        with placed(author_location()):
            text = plain_text(pipeline, name, types.get(name, ir.ANY), value)
        if texts.get(name, text) != text:
            raise AuthorError(
                f"{pipeline.title}: parameter '{name}' is {texts[name]} here, "
                f"and the call at {author_location()} passes {text}",
                where=in_file[name].where,
                hint="take one of the two away",
            )
        texts[name] = text
    for name, text in typed.items():
        texts[name] = json_text(text, types.get(name, ir.ANY))
    return texts


def _included(pipeline: Pipeline, tracer: Tracer, root: Path) -> tuple[ir.Include, ...]:
    """The data files of the pipeline and of those that are nested in it."""
    found: dict[ir.Include, None] = {}
    for each in (pipeline, *tracer.nested.values()):
        file = each.entrypoint.__code__.co_filename
        patterns = each.options.get("include", ())
        if patterns and not Path(file).resolve().is_relative_to(root):
            raise AuthorError(
                f"{each.title} has include, but its file is outside of {root}",
                where=each.where,
                hint=f"name the files with include of {pipeline.title}, from files beside it",
            )
        place = project.relative(file, root)
        found.update({ir.Include(file=place, pattern=pattern): None for pattern in patterns})
    return tuple(found)


def _notes(pipeline: Pipeline, tracer: Tracer) -> Iterator[str]:
    """What was asked of a nested pipeline, and only a run of its own could do."""
    for name, nested in tracer.nested.items():
        idle = [option for option in OF_A_RUN if option in nested.options]
        if idle:
            yield (
                f"pipeline '{name}' is nested, where its {', '.join(idle)} cannot apply: a run "
                f"has those of {pipeline.title}"
            )


def trace_step(
    step: Step,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    keep: Keep,
    stack: ir.Stack = NO_STACK,
) -> ir.Pipeline:
    """An unlisted pipeline of one call of a step; ``keep`` makes nodes of the values it is given.

    Raises AuthorError for whatever is wrong with the definition or the values.
    """
    code = step.entrypoint.__code__
    root = project.project_root(code.co_filename)
    tracer = Tracer(root, keep=keep)
    tracer.run_step(step, args, kwargs)
    traced = ir.Pipeline(
        name=step.name,
        location=project.location(code.co_filename, code.co_firstlineno, root),
        doc=inspect.cleandoc(step.__doc__ or ""),
        body=ir.Block(nodes=tuple(_steps(step, tracer, root, stack))),
        unlisted=True,
        stack=stack,
    )
    check_names(traced)
    return traced


def _arguments(
    pipeline: Pipeline, parameters: tuple[ir.Parameter, ...], tracer: Tracer
) -> dict[str, Any]:
    return {parameter.name: _argument(pipeline, parameter, tracer) for parameter in parameters}


def _argument(pipeline: Pipeline, parameter: ir.Parameter, tracer: Tracer) -> Any:
    if parameter.secret is not None:
        return Secret(parameter.secret.name, key=parameter.secret.key)
    if parameter.bound is None:
        return ParameterHandle(parameter.name, tracer)
    return check_value(pipeline, parameter.name, parameter.type, parameter.bound)


def _call(pipeline: Pipeline, tracer: Tracer, arguments: dict[str, Any]) -> None:
    port.push_tracer(tracer)
    try:
        tracer.run(pipeline, arguments)
    except FlowcError:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit, too: nothing was compiled
        raise AuthorError(
            f"{pipeline.title} raised an exception while it was traced\n{author_traceback(error)}",
            where=pipeline.where,
        ) from None
    finally:
        port.pop_tracer()


def author_traceback(error: BaseException) -> str:
    """The traceback without our own frames and without the machinery of imports."""
    frames = [
        frame
        for frame in traceback.walk_tb(error.__traceback__)
        if not _is_machinery(frame[0].f_globals.get("__name__", ""))
    ]
    stack = traceback.StackSummary.extract(iter(frames))
    last = traceback.format_exception_only(type(error), error)
    return "".join(["Traceback (most recent call last):\n", *stack.format(), *last]).rstrip()


def _is_machinery(module: str) -> bool:
    return is_ours(module) or module.partition(".")[0] == "importlib"


def _steps(definition: Definition, tracer: Tracer, root: Path, stack: ir.Stack) -> list[ir.Step]:
    inherited = [*definition.options.get("settings", ())] if definition.kind == "pipeline" else []
    folder = Path(definition.entrypoint.__code__.co_filename).parent
    configured: dict[str, ir.DockerSettings] = {}
    policies = Policies(root)
    steps: list[ir.Step] = []
    orders = resolve_orders(tracer.calls, tracer.nested)
    for call in tracer.calls.values():
        title, where = f"step '{call.step.id}'", str(call.step.defined)
        settings = call.options.get("settings", {})
        check_components(settings, title=title, where=where)
        wanted = settings.get("docker", {})
        key = repr(wanted)
        if key not in configured:
            configured[key] = docker_settings(wanted, title=title, where=where, folder=folder)
        order = orders[call.step.id]
        steps.append(
            replace(
                call.step,
                after=order,
                upstream=tuple(sorted({*call.data, *order})),
                cache=call.options.get("enable_cache", True),
                cache_policy=policies.read(call.options.get("cache_policy"), call.step),
                artifact_metadata=call.options.get("enable_artifact_metadata", True),
                retry=options.retry(call.options.get("retry")),
                hooks=options.hooks(
                    call.options, STEP_EVENTS, title=title, root=root, problems=tracer.problems
                ),
                timeout=call.options.get("timeout"),
                infrastructure_retries=call.options.get("infrastructure_retries", 0),
                docker=configured[key],
                secret_environment=secret_environment(wanted),
                resources=resource_settings(
                    settings.get("resources", {}), title=title, where=where
                ),
                placement=placement_settings(
                    settings.get("kubernetes", {}), title=title, where=where
                ),
                components=_components(call, tracer, stack, inherited),
            )
        )
    policies.check()
    calls = tracer.calls.values()
    check_gpus(steps, [call.options for call in calls], [call.inherited for call in calls])
    return steps


def _components(
    call: Call, tracer: Tracer, stack: ir.Stack, inherited: list[str]
) -> tuple[ir.ComponentUse, ...]:
    title, where = f"step '{call.step.id}'", str(call.step.defined)
    try:
        return component_uses(call.options, stack, inherited, title=title, where=where)
    except AuthorError as error:
        blamed = tracer.configuration.blamed(error, call.step.id, call.step.name)
        if not tracer.problems.keep(blamed):
            raise blamed from None
        return ()
