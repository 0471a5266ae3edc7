"""Lowers a pipeline to the render model of a DAG file."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from flowc.errors import AuthorError, FlowcError, raise_all
from flowc.trace.tracer import type_spec
from flowc_backends import containers, secrets
from flowc_backends.airflow.model import Dag, Edge, Image, ParamLine, Task
from flowc_backends.airflow.naming import task_ids
from flowc_backends.airflow.timetables import EPOCH, moment, timetable
from flowc_backends.json_schema import parameter_schema
from flowc_backends.python_names import Names, ascii_name
from flowc_backends.starting import environment_of, start_of, user_of
from flowc_runtime.contract import ARGUMENT_LIMIT, secret_variable
from flowc_runtime.values import type_text
from flowc_templates.airflow_literal import escape, jlit
from flowc_templates.python_source import LINE_LENGTH, literal, width

if TYPE_CHECKING:
    from flowc import ir
    from flowc.registry import EmitOptions

FINALISER = "finalise"
STORE_VARIABLE = "flowc_store"

_PYTHON = "python3"

_HOMES = {"": "", "3": "airflow.sdk", "2.11": "airflow.models"}
"""Where DAGs and params are, by the series of Airflow; for all of them the file has to look."""

_RETRY_DELAY = 5
"""Seconds before Airflow starts a lost container again; its own default is five minutes."""

# What the file defines or imports, and a step must not be called.
_TAKEN = frozenset((
    "AirflowNotFoundException", "Any", "BUNDLE", "BaseHook", "CronTriggerTimetable", "DAG",
    "DeltaTriggerTimetable", "DockerOperator", "ENVIRONMENT", "Iterator", "LIMIT", "MOUNTS",
    "Mapping", "Mount", "PROGRAM", "Param", "RUN", "START", "Secrets", "TYPE_CHECKING", "Variable",
    "annotations", "argument", "cleandoc", "container", "datetime", "json", "logging", "secret",
    "timedelta", "timezone",
))  # fmt: skip


def lower(pipeline: ir.Pipeline, options: EmitOptions) -> Dag:
    """The DAG file of a pipeline whose images are placed.

    Raises AuthorError for what Airflow or Docker cannot be told, all of it at once.
    """
    common = containers.describe(options, "Airflow")
    raise_all(
        [
            *containers.check_texts(pipeline),
            *containers.check_defaults(pipeline),
            *_check_paths(common),
        ]
    )
    names = Names(_TAKEN)
    images = _images(pipeline, names)
    ids = task_ids(pipeline.steps)
    variables = {step.id: names.add(step.id) for step in pipeline.steps}
    tasks = tuple(
        _task(step, variables[step.id], ids[step.id], images[step.image], options)
        for step in pipeline.steps
    )
    finaliser = _finaliser(pipeline, names, set(ids.values()), images, options)
    dag_id = ascii_name(pipeline.name)
    retried = any(step.infrastructure_retries for step in pipeline.steps)
    return Dag(
        dag_id=dag_id,
        display_name="" if dag_id == pipeline.name else pipeline.name,
        source=str(pipeline.location),
        doc=f"{pipeline.doc or pipeline.name}\n\n`{pipeline.location}`",
        home=_HOMES[options.version],
        deprecated=_deprecated(pipeline, options.version),
        imports=_imports(pipeline, _HOMES[options.version]),
        timetable=timetable(pipeline.schedule),
        uses_timedelta=retried or bool(pipeline.schedule and pipeline.schedule.interval),
        start_date=moment(pipeline.schedule.start if pipeline.schedule else "") or EPOCH,
        end_date=moment(pipeline.schedule.end if pipeline.schedule else ""),
        catchup=bool(pipeline.schedule and pipeline.schedule.catchup),
        limits=_limits(pipeline),
        tells_time=any(it.filled for it in pipeline.runtime_parameters),
        store=f'{{{{ var.value.get("{STORE_VARIABLE}", "{escape(common.store)}") }}}}',
        binds=common.binds,
        network=common.network,
        start=start_of(options, "Airflow"),
        declared=any(environment_of(options, it.docker.environment) for it in pipeline.steps),
        python=_PYTHON,
        limit=ARGUMENT_LIMIT,
        params=tuple(_param(parameter) for parameter in pipeline.runtime_parameters),
        images=tuple(
            Image(constant=constant, reference=jlit(reference))
            for reference, constant in images.items()
        ),
        retry_delay=_RETRY_DELAY if retried else 0,
        tasks=tasks,
        finaliser=finaliser,
        edges=(*_edges(pipeline, variables), _last_edge(pipeline, variables, finaliser.variable)),
    )


def _deprecated(pipeline: ir.Pipeline, version: str) -> str:
    if version == "2.11":
        return "what Airflow 2 has"
    return "the fallback for Airflow 2" if pipeline.runtime_parameters and not version else ""


def _imports(pipeline: ir.Pipeline, home: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: list[tuple[str, tuple[str, ...]]] = [
        ("airflow.providers.docker.operators.docker", ("DockerOperator",))
    ]
    told = any(step.secrets for step in pipeline.steps)
    if told and home:
        exceptions = "airflow.sdk" if home == _HOMES["3"] else "airflow"
        found.append((f"{exceptions}.exceptions", ("AirflowNotFoundException",)))
    if home:
        hook = ("BaseHook",) if told and home == _HOMES["3"] else ()
        param = ("Param",) if pipeline.runtime_parameters else ()
        found.append((home, ("DAG", *hook, *param, *(("Variable",) if told else ()))))
    if told and home == _HOMES["2.11"]:
        found.append(("airflow.hooks.base", ("BaseHook",)))
    if chosen := timetable(pipeline.schedule):
        found.append(("airflow.timetables.trigger", (chosen.name,)))
    return tuple(sorted(found))


def _limits(pipeline: ir.Pipeline) -> tuple[tuple[str, int], ...]:
    limits = (
        ("max_active_runs", pipeline.max_active_runs),
        ("max_active_tasks", pipeline.max_parallel_steps),
    )
    return tuple((name, value) for name, value in limits if value)


def _check_paths(common: containers.Containers) -> list[FlowcError]:
    """Errors for volumes that some versions of Airflow's operator render and others do not."""
    return [
        AuthorError(f"Airflow would take the volume's path '{path}' for a template")
        for bind in common.binds
        for path in (bind.source, bind.target)
        if "{{" in path or "{%" in path or "{#" in path
    ]


def _images(pipeline: ir.Pipeline, names: Names) -> dict[str, str]:
    """The constant of each image, in the order of first use."""
    found = dict.fromkeys(step.image for step in pipeline.steps)
    return {
        image: names.add("IMAGE" if number == 1 else f"IMAGE_{number}")
        for number, image in enumerate(found, start=1)
    }


def _task(step: ir.Step, variable: str, task_id: str, image: str, asked: EmitOptions) -> Task:
    options: list[tuple[str, object]] = []
    if step.infrastructure_retries:
        options.append(("retries", step.infrastructure_retries))
    if step.id != task_id:
        options.append(("task_display_name", step.id))
    options += _container_options(step, asked)
    return Task(
        variable=variable,
        task_id=task_id,
        command=("step", jlit(step.id)),
        image=image,
        doc=f"{step.doc}\n\n{containers.places(step)}".lstrip(),
        options=tuple(options),
        secrets=_secrets(step.secrets),
    )


def _container_options(step: ir.Step, asked: EmitOptions) -> list[tuple[str, object]]:
    """What the container is told that its image does not say."""
    options: list[tuple[str, object]] = []
    if step.docker.python != _PYTHON:
        options.append(("python", jlit(step.docker.python)))
    environment = environment_of(asked, step.docker.environment)
    if environment:
        options.append(("environment", {name: jlit(value) for name, value in environment}))
    user = user_of(asked, step.docker.user)
    if user:
        options.append(("user", user))
    return options


def _finaliser(
    pipeline: ir.Pipeline,
    names: Names,
    taken: set[str],
    images: dict[str, str],
    asked: EmitOptions,
) -> Task:
    task_id = FINALISER
    while task_id in taken:
        task_id = f"flowc_{task_id}"
    first = pipeline.steps[0]
    return Task(
        variable=names.add(task_id),
        task_id=task_id,
        command=("finalise",),
        image=images[first.image],
        doc="Close the run's record, whatever happened before, and fail if a step failed.",
        options=tuple(_container_options(first, asked)),
        secrets=_secrets(secrets.finaliser_secrets(pipeline)),
    )


def _secrets(refs: tuple[ir.SecretRef, ...]) -> dict[str, list[str]]:
    return {
        variable: [secret_variable(ref.name, "").lower(), ref.key]
        for variable, ref in secrets.variables(refs).items()
    }


def _param(parameter: ir.Parameter) -> ParamLine:
    default = [] if parameter.default is None else [("", json.loads(parameter.default))]
    schema = [(f"{key}=", value) for key, value in parameter_schema(parameter).items()]
    kind = type_text(type_spec(parameter.type))
    arguments = (*default, *schema, ("description=", kind))
    inline = ", ".join(f"{keyword}{literal(value)}" for keyword, value in arguments)
    line = f"{' ' * 8}{literal(parameter.name)}: Param({inline}),"
    return ParamLine(
        name=parameter.name,
        template=f'{{{{ argument("{escape(parameter.name)}", params) }}}}',
        arguments=arguments,
        wide=width(line) > LINE_LENGTH,
    )


def _edges(pipeline: ir.Pipeline, variables: dict[str, str]) -> list[Edge]:
    return [
        _edge(tuple(variables[above] for above in step.upstream), variables[step.id])
        for step in pipeline.steps
        if step.upstream
    ]


def _last_edge(pipeline: ir.Pipeline, variables: dict[str, str], finaliser: str) -> Edge:
    """The finaliser comes after the steps whose end does not show in another one's end.

    Airflow gives a step up as soon as one of its upstream steps has failed, while the others may
    still be running: so it waits for those, too, and not for the last steps alone.
    """
    fan_out = Counter(above for step in pipeline.steps for above in set(step.upstream))
    waits_for = {step.id for step in pipeline.steps if not fan_out[step.id]}
    for step in pipeline.steps:
        if len(set(step.upstream)) > 1:
            waits_for.update(step.upstream)
    return _edge(
        tuple(variables[step.id] for step in pipeline.steps if step.id in waits_for), finaliser
    )


def _edge(above: tuple[str, ...], below: str) -> Edge:
    line = f"    {', '.join(above)} >> {below}" + ("[]" if len(above) > 1 else "")
    return Edge(above=above, below=below, wide=width(line) > LINE_LENGTH)
