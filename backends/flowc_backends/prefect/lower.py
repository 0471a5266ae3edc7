"""Lowers a pipeline to the render model of a flow file."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.errors import raise_all
from flowc.narrowing import is_dict
from flowc_backends import containers, kubernetes, secrets
from flowc_backends.json_schema import parameter_schema
from flowc_backends.prefect import steps as step_options
from flowc_backends.prefect.annotations import annotation, wide_annotation
from flowc_backends.prefect.checks import check_parameters, is_validated
from flowc_backends.prefect.model import FlowFile, Image, ParameterLine, StepTask
from flowc_backends.python_names import Names, ascii_name, image_constants
from flowc_backends.starting import start_of
from flowc_runtime.contract import ARGUMENT_LIMIT
from flowc_templates.python_source import LINE_LENGTH, literal, width

if TYPE_CHECKING:
    from collections.abc import Mapping

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

_TAKEN_BY = {
    "docker": frozenset[str](),
    "kubernetes": frozenset((
        "POLL", "Path", "VOLUMES", "VOLUME_MOUNTS", "client", "config", "connect", "exit_status",
        "find_namespace", "find_pod", "job", "label", "partial", "re", "remove_jobs", "time",
        "why_waiting",
    )),
    "process": frozenset((
        "BUNDLE", "PYTHON", "Path", "end_process", "end_processes", "signal",
        "subprocess",
    )),
}  # fmt: skip

_CALLS = {
    "docker": ("container", "containers", "remove_containers"),
    "kubernetes": ("pod", "pods", "remove_jobs"),
    "process": ("process", "processes", "end_processes"),
}

_JOB_LIMIT = 40
"""Letters of a job's name that are the pipeline's."""

_FOREIGN = re.compile(r"[^a-z0-9]+")
_BANNED = re.compile(r"[/%&<>{}]")
_PLACEHOLDER = re.compile(r"\{\{\s*[\w.\-\[\]$]+\s*\}\}")
_IMPORTED = frozenset(("docker", "kubernetes", "prefect")) | sys.stdlib_module_names


def lower(pipeline: ir.Pipeline, options: EmitOptions) -> FlowFile:
    """The flow file of a pipeline whose images are placed.

    Raises AuthorError for what Prefect or Docker cannot be told, all of it at once.
    """
    executor = options.executor or "docker"
    common = containers.describe(options, "Prefect")
    placed = kubernetes.names(common.claims)
    raise_all(
        [
            *containers.check_texts(pipeline),
            *containers.check_defaults(pipeline),
            *check_parameters(pipeline),
            *kubernetes.check_mounts(pipeline, options.volumes),
            *(secrets.check_kubernetes(pipeline) if executor == "kubernetes" else ()),
            *(kubernetes.check_pods(pipeline, options) if executor == "kubernetes" else ()),
        ]
    )
    # Keyword-only parameters may come in any order, a flow's with a default come last.
    parameters = tuple(
        _parameter(parameter)
        for parameter in sorted(pipeline.runtime_parameters, key=lambda it: it.default is not None)
    )
    names = Names(_TAKEN | _TAKEN_BY[executor] | {parameter.name for parameter in parameters})
    run_class, run, steps, end = map(names.add, ("Run", "run", "steps", "end"))
    function = names.add(pipeline.name)
    images = {"": ""} if executor == "process" else image_constants(pipeline, names)
    lowering = _Tasks(asked=options, executor=executor, images=images, start=len(placed) + 1)
    tasks = tuple(lowering.task(step, names.add(step.id), steps, run) for step in pipeline.steps)
    finaliser = lowering.finaliser(pipeline, names)
    given = [dict(task.options).get("options") for task in (*tasks, finaliser)]
    own = [it for it in given if is_dict(it)]
    call, calls, cleanup = _CALLS[executor]
    stem = ascii_name(pipeline.name)
    return FlowFile(
        executor=executor,
        call=call,
        calls=calls,
        cleanup=cleanup,
        job_prefix=_job_prefix(pipeline.name),
        volumes=tuple(map(kubernetes.volume, common.claims, placed)),
        volume_mounts=tuple(map(kubernetes.volume_mount, common.claims, placed)),
        optioned=any(own),
        declared=any("environment" in it for it in own),
        mounted=any("mounts" in it for it in own),
        typed=bool(common.binds) or any({"mounts", "device_requests"} & {*it} for it in own),
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
        bundle=bundle_path(stem, options) if executor == "process" else "",
        python=options.python if executor == "process" else _PYTHON,
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
            Image(constant=constant, reference=reference)
            for reference, constant in images.items()
            if constant
        ),
        tasks=tasks,
        finaliser=finaliser,
    )


def bundle_path(stem: str, options: EmitOptions) -> str:
    """Where the bundle is, beside the flow file."""
    return f"{stem}.bundle/{options.bundle.filename}"


def _job_prefix(pipeline: str) -> str:
    """The beginning of a job's name, to which the cluster adds letters of its own."""
    name = _FOREIGN.sub("-", ascii_name(pipeline).lower()).strip("-")
    return f"{name[:_JOB_LIMIT].strip('-') or 'pipeline'}-"


def _description(pipeline: ir.Pipeline) -> str:
    """A description for the deployment, where Prefect would fill in the docstring's braces."""
    if not _PLACEHOLDER.search(pipeline.doc):
        return ""
    return f"The pipeline of {pipeline.location}; the flow's docstring tells more."


def _typing_names(parameters: tuple[ParameterLine, ...]) -> tuple[str, ...]:
    literals = any("Literal[" in parameter.annotation for parameter in parameters)
    return ("TYPE_CHECKING", "Any", *(("Literal",) if literals else ()))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tasks:
    """Lowers steps to tasks. ``start`` is the number of a pod's first volume of its own."""

    asked: EmitOptions
    executor: str
    images: Mapping[str, str]
    start: int

    def task(self, step: ir.Step, function: str, steps: str, run: str) -> StepTask:
        name = literal(step.id)
        waits = ", ".join(f"{steps}[{literal(above)}]" for above in step.upstream)
        submit = f"        {steps}[{name}] = {function}.submit({run}, wait_for=[{waits}])"
        image = self._image(step)
        return StepTask(
            function=function,
            step=step.id,
            command=("step", step.id),
            image=image,
            doc=f"{step.doc}\n\n{containers.places(step)}".lstrip(),
            upstream=step.upstream,
            retries=step.infrastructure_retries,
            options=self._options(step, step.secrets),
            secrets=self._secrets(step.secrets),
            wide=self._is_wide(name, ["step", step.id], image),
            wide_submit=width(submit) > LINE_LENGTH,
        )

    def finaliser(self, pipeline: ir.Pipeline, names: Names) -> StepTask:
        first, told = pipeline.steps[0], secrets.finaliser_secrets(pipeline)
        name = FINALISER
        while name in {step.id for step in pipeline.steps}:
            name = f"flowc_{name}"
        return StepTask(
            function=names.add(name),
            step=name,
            command=("finalise",),
            image=self._image(first),
            doc="Close the run's record, whatever happened before, and fail if a step failed.",
            options=self._options(kubernetes.like(first), told),
            secrets=self._secrets(told),
        )

    def _image(self, step: ir.Step) -> str:
        return "" if self.executor == "process" else self.images[step.image]

    def _secrets(self, refs: tuple[ir.SecretRef, ...]) -> tuple[str, ...]:
        """Those that the flow looks for: to pods Kubernetes gives its own."""
        return () if self.executor == "kubernetes" else tuple(secrets.variables(refs))

    def _options(
        self, step: ir.Step, refs: tuple[ir.SecretRef, ...]
    ) -> tuple[tuple[str, object], ...]:
        if self.executor == "process":
            return tuple(step_options.process_options(step))
        python = () if step.docker.python == _PYTHON else (("python", step.docker.python),)
        if self.executor == "kubernetes":
            return (*python, *step_options.pod_options(step, self.asked, refs, self.start))
        return (*python, *step_options.docker_options(step, self.asked))

    def _is_wide(self, name: str, command: list[str], image: str) -> bool:
        call = f"    run.{_CALLS[self.executor][0]}({name}, {literal(command)}"
        return width(f"{call}, {image})" if image else f"{call})") > LINE_LENGTH
