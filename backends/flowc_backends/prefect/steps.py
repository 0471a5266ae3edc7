"""What a step's resources and placement are called by the clients of Docker and Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc_backends import kubernetes, secrets
from flowc_backends.starting import environment_of, user_of
from flowc_templates.python_source import Call

if TYPE_CHECKING:
    from flowc import ir
    from flowc.registry import EmitOptions

    Options = list[tuple[str, object]]

STORE_VARIABLE = "FLOWC_STORE"


def docker_options(step: ir.Step, asked: EmitOptions) -> Options:
    """What a container is created with, for the SDK of Docker."""
    found: dict[str, object] = {}
    declared = environment_of(asked, step.docker.environment)
    if declared:
        found["environment"] = dict(declared)
    user = user_of(asked, step.docker.user)
    if user:
        found["user"] = user
    resources = step.resources
    if resources.cpu:
        found["nano_cpus"] = resources.cpu * 10**6
    if resources.memory:
        found["mem_limit"] = found["memswap_limit"] = resources.memory
    if resources.gpus:
        arguments = (("count", resources.gpus), ("capabilities", [["gpu"]]))
        found["device_requests"] = [Call(function="types.DeviceRequest", arguments=arguments)]
    if step.placement.volumes:
        found["mounts"] = [_docker_mount(mount) for mount in step.placement.volumes]
    if step.placement.labels:
        found["labels"] = dict(step.placement.labels)
    return [("options", found)] if found else []


def pod_options(
    step: ir.Step, asked: EmitOptions, refs: tuple[ir.SecretRef, ...], start: int
) -> Options:
    """Parts of a job's pod, as manifests have them; ``refs`` are the secrets that it is given,
    ``start`` is the number of the first volume that is the step's own.
    """
    placement = step.placement
    names = kubernetes.names(placement.volumes, start)
    volumes = list(zip(placement.volumes, names, strict=True))
    # Of two variables with one name the last would count, and the store's is the flow's.
    declared = [
        (name, text)
        for name, text in environment_of(asked, step.docker.environment)
        if name != STORE_VARIABLE
    ]
    container: dict[str, object] = {
        "env": [
            *({"name": name, "value": kubernetes.dollars(text)} for name, text in declared),
            *(_secret(variable, ref) for variable, ref in secrets.variables(refs).items()),
        ],
        "securityContext": kubernetes.security(user_of(asked, step.docker.user)),
        "resources": kubernetes.requirements(step.resources),
        "imagePullPolicy": placement.image_pull_policy,
        "volumeMounts": [kubernetes.volume_mount(mount, name) for mount, name in volumes],
    }
    pod: dict[str, object] = {
        "nodeSelector": dict(placement.node_selector),
        "tolerations": [kubernetes.toleration(it) for it in placement.tolerations],
        "volumes": [kubernetes.volume(mount, name) for mount, name in volumes],
        "serviceAccountName": placement.service_account,
        "imagePullSecrets": [{"name": name} for name in placement.image_pull_secrets],
    }
    metadata: dict[str, object] = {
        "labels": dict(placement.labels),
        "annotations": dict(placement.annotations),
    }
    return [*_part("container", container), *_part("pod", pod), *_part("metadata", metadata)]


def _secret(variable: str, ref: ir.SecretRef) -> dict[str, object]:
    """Where one is missing, its step says so and fails."""
    place = {"name": secrets.kubernetes_name(ref), "key": secrets.part(ref), "optional": True}
    return {"name": variable, "valueFrom": {"secretKeyRef": place}}


def _part(name: str, fields: dict[str, object]) -> Options:
    said = {key: value for key, value in fields.items() if value}
    return [(name, said)] if said else []


def process_options(step: ir.Step) -> Options:
    """The environment of a process, which no image holds."""
    return [("environment", dict(step.docker.environment))] if step.docker.environment else []


def _docker_mount(mount: ir.Mount) -> Call:
    kind = "bind" if mount.kind == "host_path" else "tmpfs"
    size = (("tmpfs_size", mount.size),) if mount.size else ()
    source = mount.source or None
    arguments = (("source", source), ("target", mount.path), ("type", kind), *size)
    return Call(function="types.Mount", arguments=arguments)
