"""Lowers a pipeline to the render model of a DAG file."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flowc.errors import AuthorError, FlowcError, raise_all
from flowc.trace.types import type_spec
from flowc_backends import containers, kubernetes, secrets
from flowc_backends.airflow import steps
from flowc_backends.airflow.model import Dag, Edge, Image, ParamLine, Task
from flowc_backends.airflow.naming import task_ids
from flowc_backends.airflow.timetables import EPOCH, moment, timetable
from flowc_backends.json_schema import parameter_schema
from flowc_backends.kubernetes import check_mounts, check_pods
from flowc_backends.python_names import Names, ascii_name, image_constants
from flowc_backends.starting import start_of
from flowc_runtime.contract import ARGUMENT_LIMIT, secret_variable
from flowc_runtime.values import type_text
from flowc_templates.airflow_literal import escape, jlit
from flowc_templates.python_source import LINE_LENGTH, Call, literal, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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

_TAKEN_BY = {
    "docker": frozenset(("DeviceRequest",)),
    "kubernetes": frozenset(("KubernetesPodOperator", "VOLUMES", "VOLUME_MOUNTS", "k8s", "pod")),
    "process": frozenset((
        "BUNDLE", "BaseOperator", "BundleOperator", "GRACE", "PYTHON", "Path", "os", "process",
        "signal", "subprocess", "suppress",
    )),
}  # fmt: skip

_OPERATORS = {
    "docker": (("airflow.providers.docker.operators.docker", ("DockerOperator",)),),
    "kubernetes": (
        ("airflow.providers.cncf.kubernetes.operators.pod", ("KubernetesPodOperator",)),
    ),
    "process": (),
}
"""What an executor imports of Airflow's; that of processes is made in the file."""

_CALLS = {"docker": "container", "kubernetes": "pod", "process": "process"}


def lower(pipeline: ir.Pipeline, options: EmitOptions) -> Dag:
    """The DAG file of a pipeline whose images are placed.

    Raises AuthorError for what Airflow or Docker cannot be told, all of it at once.
    """
    executor = options.executor or "docker"
    common = containers.describe(options, "Airflow")
    placed = kubernetes.names(common.claims)
    raise_all(
        [
            *containers.check_texts(pipeline),
            *containers.check_defaults(pipeline),
            *_check_paths(pipeline, common),
            *check_mounts(pipeline, options.volumes),
            *_check_labels(pipeline, executor),
            *(secrets.check_kubernetes(pipeline) if executor == "kubernetes" else ()),
            *(check_pods(pipeline, options) if executor == "kubernetes" else ()),
        ]
    )
    names = Names(_TAKEN | _TAKEN_BY[executor])
    images = {"": ""} if executor == "process" else image_constants(pipeline, names)
    ids = task_ids(pipeline.steps)
    variables = {step.id: names.add(step.id) for step in pipeline.steps}
    lowering = _Tasks(asked=options, executor=executor, images=images, start=len(placed) + 1)
    tasks = tuple(lowering.task(step, variables[step.id], ids[step.id]) for step in pipeline.steps)
    finaliser = lowering.finaliser(pipeline, names, set(ids.values()))
    dag_id = ascii_name(pipeline.name)
    home = _HOMES[options.version]
    retried = any(step.infrastructure_retries for step in pipeline.steps)
    return Dag(
        executor=executor,
        call=_CALLS[executor],
        dag_id=dag_id,
        display_name="" if dag_id == pipeline.name else pipeline.name,
        source=str(pipeline.location),
        doc=f"{pipeline.doc or pipeline.name}\n\n`{pipeline.location}`",
        home=home,
        deprecated=_deprecated(pipeline, options.version, executor),
        imports=_imports(pipeline, executor, home),
        imported=_names(pipeline, executor, "3"),
        models=_names(pipeline, executor, "2.11"),
        timetable=timetable(pipeline.schedule),
        uses_timedelta=retried or bool(pipeline.schedule and pipeline.schedule.interval),
        start_date=moment(pipeline.schedule.start if pipeline.schedule else "") or EPOCH,
        end_date=moment(pipeline.schedule.end if pipeline.schedule else ""),
        catchup=bool(pipeline.schedule and pipeline.schedule.catchup),
        limits=_limits(pipeline),
        tells_time=any(it.filled for it in pipeline.runtime_parameters),
        store=_store(common.store, executor),
        binds=common.binds,
        network=common.network,
        volumes=tuple(steps.volumes(common.claims, placed)),
        volume_mounts=tuple(steps.volume_mounts(common.claims, placed)),
        labels=(("flowc.pipeline", _label(dag_id, executor)),),
        given=frozenset(name for task in (*tasks, finaliser) for name, _ in task.options),
        types=_types(executor, common, [*tasks, finaliser]),
        start=start_of(options, "Airflow"),
        bundle=bundle_path(dag_id, options) if executor == "process" else "",
        python=options.python if executor == "process" else _PYTHON,
        limit=ARGUMENT_LIMIT,
        params=tuple(_param(parameter) for parameter in pipeline.runtime_parameters),
        images=tuple(
            Image(constant=constant, reference=jlit(reference))
            for reference, constant in images.items()
            if constant
        ),
        retry_delay=_RETRY_DELAY if retried else 0,
        tasks=tasks,
        finaliser=finaliser,
        edges=(*_edges(pipeline, variables), _last_edge(pipeline, variables, finaliser.variable)),
    )


def _deprecated(pipeline: ir.Pipeline, version: str, executor: str) -> str:
    if version == "2.11":
        return "what Airflow 2 has"
    fallback = pipeline.runtime_parameters or executor == "process"
    return "the fallback for Airflow 2" if fallback and not version else ""


def _imports(
    pipeline: ir.Pipeline, executor: str, home: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What is in the same module of every Airflow that the file is for."""
    found: list[tuple[str, tuple[str, ...]]] = [*_OPERATORS[executor]]
    told = _asks_airflow(pipeline, executor)
    if told and home:
        exceptions = "airflow.sdk" if home == _HOMES["3"] else "airflow"
        found.append((f"{exceptions}.exceptions", ("AirflowNotFoundException",)))
    if home:
        series = "3" if home == _HOMES["3"] else "2.11"
        found.append((home, _names(pipeline, executor, series)))
    if told and home == _HOMES["2.11"]:
        found.append(("airflow.hooks.base", ("BaseHook",)))
    if chosen := timetable(pipeline.schedule):
        found.append(("airflow.timetables.trigger", (chosen.name,)))
    return tuple(sorted(found))


def _names(pipeline: ir.Pipeline, executor: str, series: str) -> tuple[str, ...]:
    """What the home of DAGs has of what the file needs, by the series of Airflow."""
    told = _asks_airflow(pipeline, executor)
    found = {
        "BaseHook": told and series == "3",
        "BaseOperator": executor == "process",
        "Param": bool(pipeline.runtime_parameters),
        "Variable": told,
    }
    return ("DAG", *(name for name, needed in found.items() if needed))


def _asks_airflow(pipeline: ir.Pipeline, executor: str) -> bool:
    """Whether secrets are Airflow's: to pods Kubernetes gives its own."""
    return executor != "kubernetes" and any(step.secrets for step in pipeline.steps)


def _limits(pipeline: ir.Pipeline) -> tuple[tuple[str, int], ...]:
    limits = (
        ("max_active_runs", pipeline.max_active_runs),
        ("max_active_tasks", pipeline.max_parallel_steps),
    )
    return tuple((name, value) for name, value in limits if value)


def bundle_path(dag_id: str, options: EmitOptions) -> str:
    """Where the bundle is, beside the DAG file: in a folder that Airflow does not look into."""
    return f"{dag_id}.bundle/{options.bundle.filename}"


def _check_paths(pipeline: ir.Pipeline, common: containers.Containers) -> list[FlowcError]:
    """Errors for volumes that some versions of Airflow's operators render and others do not."""
    paths = [(path, "") for bind in common.binds for path in (bind.source, bind.target)]
    paths += [(claim.path, "") for claim in common.claims]
    paths += [
        (path, str(step.defined or step.location))
        for step in pipeline.steps
        for mount in step.placement.volumes
        for path in (mount.source, mount.sub_path, mount.path)
    ]
    return [
        AuthorError(f"Airflow would take the volume's path '{path}' for a template", where=where)
        for path, where in paths
        if "{{" in path or "{%" in path or "{#" in path
    ]


def _check_labels(pipeline: ir.Pipeline, executor: str) -> list[FlowcError]:
    """Errors for labels that Airflow gives pods itself."""
    return [
        AuthorError(
            f"the label '{name}' of step '{step.id}' is one that Airflow gives to pods itself",
            where=str(step.defined or step.location),
            hint="call it otherwise",
        )
        for step in pipeline.steps
        for name, _ in step.placement.labels
        if executor == "kubernetes" and name in steps.KEPT_LABELS
    ]


def _types(executor: str, common: containers.Containers, tasks: Sequence[Task]) -> tuple[str, ...]:
    """The classes that the file calls, without their modules' members."""
    found = {name for task in tasks for _, value in task.options for name in _called(value)}
    found |= {"Mount"} if common.binds else set()
    told = executor == "kubernetes" and any(task.secrets for task in tasks)
    return tuple(sorted(found | ({"k8s"} if common.claims or told else set())))


def _called(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _called(item)
    elif isinstance(value, Call):
        yield value.function.partition(".")[0]


def _label(dag_id: str, executor: str) -> str:
    return kubernetes.label_value(dag_id) if executor == "kubernetes" else dag_id


def _store(store: str, executor: str) -> str:
    """The template of the store's URI: of a pod's variables, `$(NAME)` would be replaced."""
    dollars = ' | replace("$", "$$")' if executor == "kubernetes" else ""
    return f'{{{{ var.value.get("{STORE_VARIABLE}", "{escape(store)}"){dollars} }}}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tasks:
    """Lowers steps to tasks. ``start`` is the number of a pod's first volume of its own."""

    asked: EmitOptions
    executor: str
    images: Mapping[str, str]
    start: int

    def task(self, step: ir.Step, variable: str, task_id: str) -> Task:
        options: list[tuple[str, object]] = []
        if step.infrastructure_retries:
            options.append(("retries", step.infrastructure_retries))
        if step.id != task_id:
            options.append(("task_display_name", step.id))
        return Task(
            variable=variable,
            task_id=task_id,
            command=("step", self._word(step.id)),
            image=self._image(step),
            doc=f"{step.doc}\n\n{containers.places(step)}".lstrip(),
            options=(*options, *self._python(step), *self._own(step)),
            secrets=self._secrets(step.secrets),
        )

    def finaliser(self, pipeline: ir.Pipeline, names: Names, taken: set[str]) -> Task:
        task_id = FINALISER
        while task_id in taken:
            task_id = f"flowc_{task_id}"
        first = pipeline.steps[0]
        return Task(
            variable=names.add(task_id),
            task_id=task_id,
            command=("finalise",),
            image=self._image(first),
            doc="Close the run's record, whatever happened before, and fail if a step failed.",
            options=(*self._python(first), *self._own(kubernetes.like(first))),
            secrets=self._secrets(secrets.finaliser_secrets(pipeline)),
        )

    def _word(self, text: str) -> str:
        return jlit(kubernetes.dollars(text) if self.executor == "kubernetes" else text)

    def _image(self, step: ir.Step) -> str:
        return "" if self.executor == "process" else self.images[step.image]

    def _python(self, step: ir.Step) -> tuple[tuple[str, object], ...]:
        if self.executor == "process" or step.docker.python == _PYTHON:
            return ()
        return (("python", self._word(step.docker.python)),)

    def _own(self, step: ir.Step) -> list[tuple[str, object]]:
        if self.executor == "kubernetes":
            return steps.pod_options(step, self.asked, self.start)
        if self.executor == "process":
            return steps.process_options(step)
        return steps.docker_options(step, self.asked)

    def _secrets(self, refs: tuple[ir.SecretRef, ...]) -> dict[str, list[str]]:
        return {
            variable: [secrets.kubernetes_name(ref), secrets.part(ref)]
            if self.executor == "kubernetes"
            else [secret_variable(ref.name, "").lower(), ref.key]
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
