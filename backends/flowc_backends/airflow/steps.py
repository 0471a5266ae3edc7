"""What a step's resources and placement are called by Airflow's operators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from flowc_backends import kubernetes
from flowc_backends.starting import environment_of, user_of
from flowc_templates.airflow_literal import jlit
from flowc_templates.python_source import Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowc import ir
    from flowc.registry import EmitOptions

    Options = list[tuple[str, object]]

MODELS = {
    "persistentVolumeClaim": "k8s.V1PersistentVolumeClaimVolumeSource",
    "hostPath": "k8s.V1HostPathVolumeSource",
    "configMap": "k8s.V1ConfigMapVolumeSource",
    "emptyDir": "k8s.V1EmptyDirVolumeSource",
}
"""The classes of the Kubernetes client for what is nested in a volume."""

KEPT_LABELS = (
    "airflow_kpo_in_cluster",
    "airflow_version",
    "already_checked",
    "dag_id",
    "kubernetes_pod_operator",
    "map_index",
    "parent_dag_id",
    "run_id",
    "task_id",
    "try_number",
)
"""Labels by which Airflow finds a pod again."""

_CAPITAL = re.compile(r"(?=[A-Z])")


def docker_options(step: ir.Step, asked: EmitOptions) -> Options:
    """Arguments of a DockerOperator."""
    found = _environment(environment_of(asked, step.docker.environment))
    user = user_of(asked, step.docker.user)
    if user:
        found.append(("user", user))
    resources = step.resources
    if resources.cpu:
        found.append(("cpus", resources.cpu / 1000))
    if resources.memory:
        found.append(("mem_limit", resources.memory))
    if resources.gpus:
        request = _call("DeviceRequest", count=resources.gpus, capabilities=[["gpu"]])
        found.append(("device_requests", [request]))
    if step.placement.volumes:
        found.append(("mounts", [_docker_mount(it) for it in step.placement.volumes]))
    return [*found, *_labels(step)]


def pod_options(step: ir.Step, asked: EmitOptions, start: int) -> Options:
    """Arguments of a KubernetesPodOperator; ``start`` is the number of the step's first volume."""
    placement = step.placement
    names = kubernetes.names(placement.volumes, start)
    manifests = [kubernetes.toleration(it) for it in placement.tolerations]
    secrets = [_call("k8s.V1LocalObjectReference", name=it) for it in placement.image_pull_secrets]
    required = kubernetes.requirements(step.resources)
    declared = environment_of(asked, step.docker.environment)
    security = kubernetes.security(user_of(asked, step.docker.user))
    found: Options = [
        *_environment([(name, kubernetes.dollars(text)) for name, text in declared]),
        (
            "container_security_context",
            _model("k8s.V1SecurityContext", security) if security else None,
        ),
        (
            "container_resources",
            _call("k8s.V1ResourceRequirements", **required) if required else None,
        ),
        ("node_selector", dict(placement.node_selector)),
        ("tolerations", [_model("k8s.V1Toleration", it) for it in manifests]),
        ("volumes", volumes(placement.volumes, names)),
        ("volume_mounts", volume_mounts(placement.volumes, names)),
        ("service_account_name", placement.service_account),
        *_labels(step),
        ("annotations", {name: jlit(text) for name, text in placement.annotations}),
        ("image_pull_secrets", secrets),
        ("image_pull_policy", placement.image_pull_policy),
    ]
    return [(name, value) for name, value in found if value]


def process_options(step: ir.Step) -> Options:
    """Arguments of a process: its environment, which no image holds."""
    return _environment(step.docker.environment)


def volumes(mounts: Sequence[ir.Mount], names: Iterable[str]) -> list[Call]:
    return [
        _model("k8s.V1Volume", kubernetes.volume(mount, name))
        for mount, name in zip(mounts, names, strict=True)
    ]


def volume_mounts(mounts: Sequence[ir.Mount], names: Iterable[str]) -> list[Call]:
    return [
        _model("k8s.V1VolumeMount", kubernetes.volume_mount(mount, name))
        for mount, name in zip(mounts, names, strict=True)
    ]


def _environment(declared: Sequence[tuple[str, str]]) -> Options:
    return [("environment", {name: jlit(text) for name, text in declared})] if declared else []


def _labels(step: ir.Step) -> Options:
    return [("labels", dict(step.placement.labels))] if step.placement.labels else []


def _docker_mount(mount: ir.Mount) -> Call:
    if mount.kind == "host_path":
        return _call("Mount", source=mount.source, target=mount.path, type="bind")
    size = {"tmpfs_size": mount.size} if mount.size else {}
    return _call("Mount", source=None, target=mount.path, type="tmpfs", **size)


def _call(function: str, **arguments: object) -> Call:
    return Call(function=function, arguments=tuple(arguments.items()))


def _model(function: str, manifest: dict[str, Any]) -> Call:
    """A manifest as the client's class of it."""
    arguments = {
        _CAPITAL.sub("_", name).lower(): _model(MODELS[name], cast("dict[str, Any]", value))
        if name in MODELS
        else value
        for name, value in manifest.items()
    }
    return _call(function, **arguments)
