"""A step's pod as Kubernetes' manifests have it, for every engine that starts pods.

    Resources(cpu=500, memory=10 * 2**30)   ->   {"cpu": "500m", "memory": "10Gi"}

What a step is promised and what it gets at most are the same: requests and limits alike.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.errors import AuthorError, BackendError, FlowcError
from flowc_backends.images import BUNDLE
from flowc_backends.starting import BUNDLES, environment_of, user_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.registry import EmitOptions, Volume

    Manifest = dict[str, Any]

BINARY = ("Ki", "Mi", "Gi", "Ti")
DECIMAL = ("k", "M", "G", "T")

_FOREIGN = re.compile(r"[^A-Za-z0-9_.-]+")
_LABEL_LIMIT = 63

_USER = re.compile(r"[0-9]+(:[0-9]+)?")
_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


def cpu_text(millis: int) -> str:
    return f"{millis}m" if millis % 1000 else f"{millis // 1000}"


def memory_text(size: int) -> str:
    """The shortest exact way to write a number of bytes."""
    texts = [
        f"{size // base**power}{unit}"
        for base, units in ((1024, BINARY), (1000, DECIMAL))
        for power, unit in enumerate(units, start=1)
        if size % base**power == 0
    ]
    return min([*texts, str(size)], key=len)


def amounts(resources: ir.Resources) -> dict[str, str]:
    """By the name of the resource; empty where nothing was said."""
    found: dict[str, str] = {}
    if resources.cpu:
        found["cpu"] = cpu_text(resources.cpu)
    if resources.memory:
        found["memory"] = memory_text(resources.memory)
    if resources.gpus:
        found[resources.gpu_type] = str(resources.gpus)
    return found


def requirements(resources: ir.Resources) -> Manifest:
    found = amounts(resources)
    return {"requests": found, "limits": found} if found else {}


def toleration(given: ir.Toleration) -> Manifest:
    fields: Manifest = {
        "key": given.key,
        "operator": given.operator,
        "value": given.value,
        "effect": given.effect,
    }
    found = {name: text for name, text in fields.items() if text}
    return found if given.seconds is None else {**found, "tolerationSeconds": given.seconds}


def claims(volumes: Sequence[Volume]) -> tuple[ir.Mount, ...]:
    """Volumes of all steps as those of one."""
    return tuple(ir.Mount(path=it.target, kind="pvc", source=it.source) for it in volumes)


def volume(mount: ir.Mount, name: str) -> Manifest:
    return {"name": name, **_source(mount)}


def volume_mount(mount: ir.Mount, name: str) -> Manifest:
    found: Manifest = {"name": name, "mountPath": mount.path}
    return {**found, "subPath": mount.sub_path} if mount.sub_path else found


def _source(mount: ir.Mount) -> Manifest:
    if mount.kind == "pvc":
        return {"persistentVolumeClaim": {"claimName": mount.source}}
    if mount.kind == "host_path":
        return {"hostPath": {"path": mount.source}}
    if mount.kind == "config_map":
        return {"configMap": {"name": mount.source}}
    empty: Manifest = {"medium": "Memory"} if mount.memory else {}
    return {"emptyDir": {**empty, "sizeLimit": memory_text(mount.size)} if mount.size else empty}


def names(mounts: Sequence[ir.Mount], start: int = 1) -> list[str]:
    return [f"volume-{number}" for number in range(start, start + len(mounts))]


def label_value(text: str) -> str:
    """``text`` in the letters that a label's value may have."""
    return _FOREIGN.sub("-", text)[:_LABEL_LIMIT].strip("-_.")


def dollars(text: str) -> str:
    """``text`` for a command, argument or variable of a container, where `$(NAME)` is replaced."""
    return text.replace("$", "$$")


def like(step: ir.Step) -> ir.Step:
    """A step for the finaliser's pod: it runs where ``step`` does, and needs little."""
    placement = replace(step.placement, volumes=())
    return replace(step, resources=ir.Resources(), placement=placement)


def security(user: str) -> Manifest:
    """The security context of a container that runs as ``user``, by number: ``1000:100``."""
    names = ("runAsUser", "runAsGroup")
    return dict(zip(names, map(int, filter(None, user.split(":"))), strict=False))


def check_pods(pipeline: ir.Pipeline, options: EmitOptions) -> list[FlowcError]:
    """Errors for what a pod cannot be told of a step where the image does not say it."""
    errors: list[FlowcError] = []
    for step in pipeline.steps:
        where, user = str(step.location), user_of(options, step.docker.user)
        if user and not _USER.fullmatch(user):
            errors.append(
                BackendError(
                    f"the user '{user}' of step '{step.id}' is a name: Kubernetes takes numbers",
                    where=where,
                    hint="give the user's number, or use --ship image",
                )
            )
        errors += [
            BackendError(
                f"step '{step.id}': no environment variable of a pod can be called '{name}'",
                where=where,
                hint="--ship image keeps it in the image",
            )
            for name, _ in environment_of(options, step.docker.environment)
            if not _VARIABLE.fullmatch(name)
        ]
    return errors


def check_mounts(pipeline: ir.Pipeline, volumes: Sequence[Volume]) -> list[FlowcError]:
    """Errors for volumes that would hide the bundle, or one another."""
    taken = {BUNDLES: "the bundle is"} | {it.target: "--volume puts another one" for it in volumes}
    return _check_volumes(volumes) + [
        AuthorError(
            f"step '{step.id}' has a volume at {mount.path}, where {why}",
            where=str(step.defined or step.location),
            hint="mount it at another path",
        )
        for step in pipeline.steps
        for mount in step.placement.volumes
        for path, why in taken.items()
        if f"{path.rstrip('/')}/".startswith(f"{mount.path}/") or mount.path == path.rstrip("/")
    ]


def _check_volumes(volumes: Sequence[Volume]) -> list[FlowcError]:
    errors: list[FlowcError] = []
    targets = [posixpath.normpath(it.target) for it in volumes]
    for number, target in enumerate(targets):
        given = f"--volume {volumes[number].source}:{volumes[number].target}"
        if any(_is_in(place, target) or _is_in(target, place) for place in (BUNDLE, BUNDLES)):
            errors.append(
                AuthorError(
                    f"{given} would hide the bundle, which is in {posixpath.dirname(BUNDLES)}",
                    hint="mount it at another path",
                )
            )
        if target in targets[:number]:
            errors.append(
                AuthorError(
                    f"{given}: another --volume has that target", hint="mount it at another path"
                )
            )
    return errors


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
