"""Lowers the IR to the render model of a package.

    step a, step b(a)
    ->
    root:  exit-handler-1 { a -> b -> flowc--verdict }  ->  finalise, whatever happened

Each step exits 0 even when it failed, because KFP starts nothing more after a failure; the steps
below record that they are skipped. `flowc--verdict` comes after all of them and fails if a step
failed: the backend ignores how an exit task ends, so `finalise` alone could not fail the run. Both
run the finaliser, which does everything at most once. `finalise` is there for runs in which a
container was lost and `flowc--verdict` never started.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from flowc.errors import AuthorError, BackendError, raise_all
from flowc_backends import secrets
from flowc_backends.containers import bundles, folder_of, is_mounted
from flowc_backends.kubeflow import model
from flowc_backends.kubeflow.names import engine_name, task_names, unique
from flowc_backends.kubeflow.parameters import lower_parameters
from flowc_backends.kubeflow.placement import check_annotations, claims, platform, resources
from flowc_backends.kubernetes import check_mounts, check_pods, like, security
from flowc_backends.starting import environment_of, start_of, user_of
from flowc_runtime.contract import path_segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc import ir
    from flowc.errors import FlowcError
    from flowc.registry import EmitOptions

TARGET = "kubeflow"
EXECUTOR_INPUT = "{{$}}"

# KFP's launcher keeps its logs under one of these, its local runner the step's answer under both.
_RESERVED_OUTPUTS = frozenset(("executor-logs", "executor_output.json"))

_DESCRIPTION_LIMIT = 1024
_TITLE_LIMIT = 200
_UNSAFE_IN_TITLE = frozenset("{}$")


def lower_package(pipeline: ir.Pipeline, options: EmitOptions) -> model.PackageModel:
    """Raises AuthorError for what KFP cannot express, all of it at once."""
    errors: list[FlowcError] = []
    parameters = lower_parameters(pipeline.runtime_parameters, errors)
    names = task_names(pipeline.steps, errors)
    _check_outputs(pipeline.steps, errors)
    errors += secrets.check_kubernetes(pipeline)
    mounts = _mounts(pipeline, options, errors)
    errors += check_pods(pipeline, options)
    errors += _check_environments(pipeline.steps, options)
    errors += check_mounts(pipeline, options.volumes)
    if options.network:
        errors.append(
            AuthorError(
                "--network is a network of Docker, and Kubeflow starts steps as pods",
                hint="leave it away",
            )
        )
    errors += check_annotations(pipeline)
    raise_all(errors)
    start = start_of(options, "Kubeflow").arguments
    executors = _executors(pipeline, start, options)
    components = _components(pipeline, {key: it.name for key, it in executors.items()}, options)
    return model.PackageModel(
        name=engine_name(pipeline.name),
        title=title(pipeline.name),
        description=_shorten(pipeline.doc),
        source=str(pipeline.location),
        version=f"flowc-{options.spec['flowc']}",
        store=options.store,
        told=((model.RUN_INPUT, model.RUN_ID), *_time(pipeline)),
        parameters=parameters,
        tasks=_tasks(pipeline, names, {key: it.name for key, it in components.items()}, options),
        last=_last(pipeline, names),
        components=tuple(components.values()),
        executors=(*executors.values(), _finaliser(pipeline, start, options)),
        mounts=mounts,
    )


def _tasks(
    pipeline: ir.Pipeline,
    names: dict[str, str],
    components: dict[_ComponentKey, str],
    options: EmitOptions,
) -> tuple[model.TaskModel, ...]:
    return tuple(
        model.TaskModel(
            name=names[step.id],
            component=components[_component_key(step, options)],
            title=_title(step.id, names[step.id]),
            source=str(step.location),
            step=path_segment(step.id),
            upstream=tuple(names[above] for above in step.upstream),
            retries=step.infrastructure_retries,
        )
        for step in pipeline.steps
    )


def _last(pipeline: ir.Pipeline, names: dict[str, str]) -> tuple[str, ...]:
    """Tasks that no other one waits for."""
    awaited = {above for step in pipeline.steps for above in step.upstream}
    return tuple(names[step.id] for step in pipeline.steps if step.id not in awaited)


_ComponentKey = tuple["ir.Function", "_ExecutorKey", tuple[str, ...]]
_ExecutorKey = tuple[
    str,
    str,
    bool,
    tuple[tuple[str, str], ...],
    str,
    tuple["ir.SecretRef", ...],
    "ir.Resources",
    "ir.Placement",
]


def _component_key(step: ir.Step, options: EmitOptions) -> _ComponentKey:
    outputs = tuple(output.name for output in step.outputs)
    return step.function, _executor_key(step, options), outputs


def _executor_key(step: ir.Step, options: EmitOptions) -> _ExecutorKey:
    return (
        step.image,
        step.docker.python,
        step.infrastructure_retries > 0,
        environment_of(options, step.docker.environment),
        user_of(options, step.docker.user),
        step.secrets,
        step.resources,
        step.placement,
    )


def _components(
    pipeline: ir.Pipeline, executors: dict[_ExecutorKey, str], options: EmitOptions
) -> dict[_ComponentKey, model.ComponentModel]:
    # A component that has the pipeline's name is taken for the whole package by KFP's loader.
    taken = {f"comp-{engine_name(pipeline.name)}", model.STEPS_COMPONENT}
    components: dict[_ComponentKey, model.ComponentModel] = {}
    for step in pipeline.steps:
        key = _component_key(step, options)
        if key in components:
            continue
        name = unique(f"comp-{engine_name(step.name)}", taken)
        taken.add(name)
        components[key] = model.ComponentModel(
            name=name,
            doc=tuple(step.doc.strip().splitlines()),
            source=str(step.defined or step.location),
            executor=executors[_executor_key(step, options)],
            outputs=tuple(path_segment(output.name) for output in step.outputs),
        )
    return components


def _executors(
    pipeline: ir.Pipeline, start: tuple[str, ...], options: EmitOptions
) -> dict[_ExecutorKey, model.ExecutorModel]:
    taken: set[str] = set()
    executors: dict[_ExecutorKey, model.ExecutorModel] = {}
    for step in pipeline.steps:
        key = _executor_key(step, options)
        if key in executors:
            continue
        name = unique(f"exec-{engine_name(step.image)}", taken)
        taken.add(name)
        executors[key] = model.ExecutorModel(
            name=name,
            image=step.image,
            command=(step.docker.python, *start),
            args=(
                *("step", f"{{{{$.inputs.parameters['{model.STEP_INPUT}']}}}}"),
                *_run_arguments(pipeline),
                "--soft-fail",
                *(("--token", model.TOKEN) if step.infrastructure_retries else ()),
            ),
            environment=environment_of(options, step.docker.environment),
            user=_user(user_of(options, step.docker.user)),
            secrets=_secrets(step.secrets),
            resources=resources(step.resources),
            platform=platform(step.placement),
            mounts=claims(step.placement),
        )
    return executors


def _user(text: str) -> tuple[int, ...]:
    """User and group as numbers."""
    return tuple(security(text).values())


def _finaliser(
    pipeline: ir.Pipeline, start: tuple[str, ...], options: EmitOptions
) -> model.ExecutorModel:
    """Runs in the image that most steps have, as and where the first of them does."""
    images = Counter((step.image, step.docker.python) for step in pipeline.steps)
    image, python = images.most_common(1)[0][0]
    first = next(it for it in pipeline.steps if (it.image, it.docker.python) == (image, python))
    return model.ExecutorModel(
        name=model.FINALISE_EXECUTOR,
        image=image,
        command=(python, *start),
        args=("finalise", *_run_arguments(pipeline)),
        environment=environment_of(options, first.docker.environment),
        user=_user(user_of(options, first.docker.user)),
        secrets=_secrets(secrets.finaliser_secrets(pipeline)),
        platform=platform(like(first).placement),
    )


def _secrets(refs: Sequence[ir.SecretRef]) -> tuple[model.SecretModel, ...]:
    return tuple(
        model.SecretModel(
            name=secrets.kubernetes_name(ref), key=secrets.part(ref), variable=variable
        )
        for variable, ref in secrets.variables(refs).items()
    )


def _time(pipeline: ir.Pipeline) -> tuple[tuple[str, str], ...]:
    """The time of the run, where a parameter wants to know it."""
    if any(parameter.filled for parameter in pipeline.runtime_parameters):
        return ((model.TIME_INPUT, model.SCHEDULED),)
    return ()


def _run_arguments(pipeline: ir.Pipeline) -> tuple[str, ...]:
    return (
        *("--target", TARGET),
        *("--engine-run", f"{{{{$.inputs.parameters['{model.RUN_INPUT}']}}}}"),
        *(
            word
            for name, _ in _time(pipeline)
            for word in ("--scheduled-time", f"{{{{$.inputs.parameters['{name}']}}}}")
        ),
        *("--executor-input", EXECUTOR_INPUT),
    )


def _check_outputs(steps: Sequence[ir.Step], errors: list[FlowcError]) -> None:
    errors += [
        AuthorError(
            f"the output '{output.name}' of step '{step.id}' has a name that KFP uses itself",
            where=str(step.location),
            hint="give the output another name",
        )
        for step in steps
        for output in step.outputs
        if output.name in _RESERVED_OUTPUTS
    ]


def _check_environments(steps: Sequence[ir.Step], options: EmitOptions) -> list[FlowcError]:
    """Errors for what would be replaced on its way to a container."""
    return [
        BackendError(
            f"the environment variable {name} of step '{step.id}' holds '$(' or '{{{{', which "
            "Kubernetes and KFP would replace",
            where=str(step.location),
            hint="--ship image keeps it in the image",
        )
        for step in steps
        for name, value in environment_of(options, step.docker.environment)
        if "$(" in value or "{{" in value
    ]


def _mounts(
    pipeline: ir.Pipeline, options: EmitOptions, errors: list[FlowcError]
) -> tuple[model.MountModel, ...]:
    where = str(pipeline.location)
    errors += [
        BackendError(
            f"the volume '{volume.source}:{volume.target}' is a path on a host, and containers "
            "on kubeflow have none",
            where=where,
            hint=f"mount a volume claim there: --volume pvc:NAME:{volume.target}",
        )
        for volume in options.volumes
        if volume.kind != "pvc"
    ]
    if options.store.startswith("file:") and not is_mounted(options.store, options.volumes):
        folder = folder_of(options.store)
        errors.append(
            AuthorError(
                f"the store {options.store} is a folder, and on kubeflow each step has its own "
                "disk",
                where=where,
                hint=f"mount a volume claim there (--volume pvc:NAME:{folder}), or use a bucket "
                "(--store s3://BUCKET)",
            )
        )
    return tuple(
        model.MountModel(claim=it.source, path=it.target)
        for it in (*options.volumes, *bundles(options))
    )


def title(name: str) -> str:
    """What people read as the pipeline's name."""
    return _title(name, engine_name(name))


def _title(text: str, otherwise: str) -> str:
    """The author's own name where it passes unchanged through everything that expands text."""
    fits = len(text) <= _TITLE_LIMIT and text.isprintable()
    return text if fits and not _UNSAFE_IN_TITLE.intersection(text) else otherwise


def _shorten(doc: str) -> str:
    doc = doc.strip()
    return doc if len(doc) <= _DESCRIPTION_LIMIT else f"{doc[: _DESCRIPTION_LIMIT - 1]}…"
