"""Lowers a pipeline to the render model of a flow file."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from flowc.errors import raise_all
from flowc_backends import containers, secrets
from flowc_backends.json_schema import parameter_schema
from flowc_backends.prefect.annotations import annotation, wide_annotation
from flowc_backends.prefect.checks import check_parameters, is_validated
from flowc_backends.prefect.model import FlowFile, Image, ParameterLine, StepTask
from flowc_backends.python_names import Names, ascii_name
from flowc_backends.starting import environment_of, start_of, user_of
from flowc_runtime.contract import ARGUMENT_LIMIT
from flowc_templates.python_source import LINE_LENGTH, literal, width

if TYPE_CHECKING:
    from flowc import ir
    from flowc.registry import EmitOptions

FINALISER = "finalise"

_PYTHON = "python3"

_RETRY_DELAY = 5
"""Seconds before Prefect starts a lost container again."""

# What the file defines or imports, and neither a step nor the flow may be called.
_TAKEN = frozenset((
    "Any", "BUNDLE", "Callable", "Failed", "Flow", "FlowRun", "GRACE", "LIMIT", "Literal",
    "Logger", "LoggerAdapter", "NO_CACHE", "PROGRAM", "PrefectFuture", "SLOTS", "START", "STORE",
    "Secret", "State", "TYPE_CHECKING", "Task", "annotations", "as_json", "create", "errors",
    "find_secrets", "flow", "flow_run", "follow", "from_env", "get_run_logger", "hashlib", "json",
    "os", "remove", "remove_containers", "run_id", "state", "step", "suppress", "sys", "task",
    "threading", "types", "wait", "write_log",
))  # fmt: skip

_BANNED = re.compile(r"[/%&<>{}]")
_PLACEHOLDER = re.compile(r"\{\{\s*[\w.\-\[\]$]+\s*\}\}")
_IMPORTED = frozenset(("docker", "prefect")) | sys.stdlib_module_names


def lower(pipeline: ir.Pipeline, options: EmitOptions) -> FlowFile:
    """The flow file of a pipeline whose images are placed.

    Raises AuthorError for what Prefect or Docker cannot be told, all of it at once.
    """
    common = containers.describe(options, "Prefect")
    raise_all(
        [
            *containers.check_texts(pipeline),
            *containers.check_defaults(pipeline),
            *check_parameters(pipeline),
        ]
    )
    # Keyword-only parameters may come in any order, a flow's with a default come last.
    parameters = tuple(
        _parameter(parameter)
        for parameter in sorted(pipeline.runtime_parameters, key=lambda it: it.default is not None)
    )
    names = Names(_TAKEN | {parameter.name for parameter in parameters})
    run_class, run, steps, end = map(names.add, ("Run", "run", "steps", "end"))
    function = names.add(pipeline.name)
    images = _images(pipeline, names)
    stem = ascii_name(pipeline.name)
    return FlowFile(
        file=f"{stem}_flow.py" if stem in _IMPORTED else f"{stem}.py",
        function=function,
        name=_BANNED.sub("_", pipeline.name),
        run_prefix=f"{pipeline.name}-",
        source=str(pipeline.location),
        doc=f"{pipeline.doc}\n\n`{pipeline.location}`".lstrip(),
        description=_description(pipeline),
        store=common.store,
        retry_delay=_RETRY_DELAY
        if any(step.infrastructure_retries for step in pipeline.steps)
        else 0,
        binds=common.binds,
        network=common.network,
        start=start_of(options, "Prefect"),
        declared=any(environment_of(options, it.docker.environment) for it in pipeline.steps),
        as_users=any(user_of(options, it.docker.user) for it in pipeline.steps),
        python=_PYTHON,
        limit=ARGUMENT_LIMIT,
        typing_names=_typing_names(parameters),
        slots=pipeline.max_parallel_steps,
        tells_time=any(it.filled for it in pipeline.runtime_parameters),
        run_class=run_class,
        run=run,
        steps=steps,
        end=end,
        parameters=parameters,
        validated=is_validated(pipeline),
        images=tuple(
            Image(constant=constant, reference=reference) for reference, constant in images.items()
        ),
        tasks=tuple(
            _task(step, names.add(step.id), images, steps, run, _options(step, options))
            for step in pipeline.steps
        ),
        finaliser=_finaliser(pipeline, names, images, _options(pipeline.steps[0], options)),
    )


def _description(pipeline: ir.Pipeline) -> str:
    """A description for the deployment, where Prefect would fill in the docstring's braces."""
    if not _PLACEHOLDER.search(pipeline.doc):
        return ""
    return f"The pipeline of {pipeline.location}; the flow's docstring tells more."


def _typing_names(parameters: tuple[ParameterLine, ...]) -> tuple[str, ...]:
    literals = any("Literal[" in parameter.annotation for parameter in parameters)
    return ("TYPE_CHECKING", "Any", *(("Literal",) if literals else ()))


def _images(pipeline: ir.Pipeline, names: Names) -> dict[str, str]:
    """The constant of each image, in the order of first use."""
    found = dict.fromkeys(step.image for step in pipeline.steps)
    return {
        image: names.add("IMAGE" if number == 1 else f"IMAGE_{number}")
        for number, image in enumerate(found, start=1)
    }


def _parameter(parameter: ir.Parameter) -> ParameterLine:
    schema = parameter_schema(parameter)
    default = () if parameter.default is None else (json.loads(parameter.default),)
    text = annotation(schema)
    line = f"    {parameter.name}: {text} = {''.join(map(literal, default))},"
    if "enum" in schema and width(line) > LINE_LENGTH:
        text = wide_annotation(schema, indent=4)
    return ParameterLine(
        name=parameter.name,
        annotation=text,
        default=default,
        used=width(f"    {parameter.name}: {text} = ".rpartition("\n")[2]),
    )


_Options = tuple[tuple[str, object], ...]


def _task(
    step: ir.Step,
    function: str,
    images: dict[str, str],
    steps: str,
    run: str,
    options: _Options,
) -> StepTask:
    image, name = images[step.image], literal(step.id)
    waits = ", ".join(f"{steps}[{literal(above)}]" for above in step.upstream)
    submit = f"        {steps}[{name}] = {function}.submit({run}, wait_for=[{waits}])"
    return StepTask(
        function=function,
        step=step.id,
        command=("step", step.id),
        image=image,
        doc=f"{step.doc}\n\n{containers.places(step)}".lstrip(),
        upstream=step.upstream,
        retries=step.infrastructure_retries,
        options=options,
        secrets=tuple(secrets.variables(step.secrets)),
        wide=_is_wide(name, ["step", step.id], image),
        wide_submit=width(submit) > LINE_LENGTH,
    )


def _finaliser(
    pipeline: ir.Pipeline, names: Names, images: dict[str, str], options: _Options
) -> StepTask:
    first = pipeline.steps[0]
    name = FINALISER
    while name in {step.id for step in pipeline.steps}:
        name = f"flowc_{name}"
    return StepTask(
        function=names.add(name),
        step=name,
        command=("finalise",),
        image=images[first.image],
        doc="Close the run's record, whatever happened before, and fail if a step failed.",
        options=options,
        secrets=tuple(secrets.variables(secrets.finaliser_secrets(pipeline))),
    )


def _options(step: ir.Step, asked: EmitOptions) -> _Options:
    """What the container is told that its image does not say."""
    options: list[tuple[str, object]] = []
    if step.docker.python != _PYTHON:
        options.append(("python", step.docker.python))
    environment = environment_of(asked, step.docker.environment)
    if environment:
        options.append(("environment", dict(environment)))
    user = user_of(asked, step.docker.user)
    if user:
        options.append(("user", user))
    return tuple(options)


def _is_wide(name: str, command: list[str], image: str) -> bool:
    return width(f"    run.container({name}, {literal(command)}, {image})") > LINE_LENGTH
