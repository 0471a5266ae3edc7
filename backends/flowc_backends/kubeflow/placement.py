"""A step's resources and placement as KFP has them.

Resources are part of the container's specification. The rest is the platform's, in the package's
second document: messages of `KubernetesExecutorConfig`, in their JSON form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import AuthorError, FlowcError
from flowc_backends import kubernetes
from flowc_backends.kubeflow.model import MountModel

if TYPE_CHECKING:
    from flowc import ir

    Fields = dict[str, object]


def resources(given: ir.Resources) -> Fields:
    """`ResourceSpec`, also with the fields that older backends read: cores, and gigabytes."""
    found: Fields = {}
    if given.cpu:
        cores, text = given.cpu / 1000, kubernetes.cpu_text(given.cpu)
        found |= {"cpuLimit": cores, "cpuRequest": cores}
        found |= {"resourceCpuLimit": text, "resourceCpuRequest": text}
    if given.memory:
        size, text = given.memory / 10**9, kubernetes.memory_text(given.memory)
        found |= {"memoryLimit": size, "memoryRequest": size}
        found |= {"resourceMemoryLimit": text, "resourceMemoryRequest": text}
    if given.gpus:
        count = str(given.gpus)
        found["accelerator"] = {
            "count": count,
            "resourceCount": count,
            "resourceType": given.gpu_type,
            "type": given.gpu_type,
        }
    return found


def platform(placement: ir.Placement) -> Fields:
    """All but the claims, which are printed with those of the whole package."""
    maps = [it for it in placement.volumes if it.kind == "config_map"]
    empty = [it for it in placement.volumes if it.kind == "empty_dir"]
    selector = dict(placement.node_selector)
    metadata = {"labels": dict(placement.labels), "annotations": dict(placement.annotations)}
    fields: Fields = {
        "configMapAsVolume": [_config_map(it) for it in maps],
        "emptyDirMounts": list(map(_empty_dir, empty, kubernetes.names(empty))),
        "nodeSelector": {"labels": selector} if selector else {},
        "tolerations": [_toleration(it) for it in placement.tolerations],
        "podMetadata": {name: pairs for name, pairs in metadata.items() if pairs},
        "imagePullSecret": [_pull_secret(it) for it in placement.image_pull_secrets],
        "imagePullPolicy": placement.image_pull_policy,
    }
    return {name: value for name, value in fields.items() if value}


def claims(placement: ir.Placement) -> tuple[MountModel, ...]:
    return tuple(
        MountModel(claim=it.source, path=it.path, sub_path=it.sub_path)
        for it in placement.volumes
        if it.kind == "pvc"
    )


def check_annotations(pipeline: ir.Pipeline) -> list[FlowcError]:
    """Errors for annotations in which Argo would replace something."""
    return [
        AuthorError(
            f"the annotation '{name}' of step '{step.id}' holds '{{{{', which Argo would take for "
            "a variable",
            where=str(step.defined or step.location),
        )
        for step in pipeline.steps
        for name, value in step.placement.annotations
        if "{{" in value
    ]


def _config_map(mount: ir.Mount) -> Fields:
    return {
        "configMapName": mount.source,
        "configMapNameParameter": _constant(mount.source),
        "mountPath": mount.path,
        "optional": False,
    }


def _empty_dir(mount: ir.Mount, name: str) -> Fields:
    found: Fields = {"volumeName": name, "mountPath": mount.path}
    if mount.memory:
        found["medium"] = "Memory"
    return {**found, "sizeLimit": kubernetes.memory_text(mount.size)} if mount.size else found


def _toleration(given: ir.Toleration) -> Fields:
    """Of 64-bit numbers JSON's form is a text."""
    found = kubernetes.toleration(given)
    seconds = found.pop("tolerationSeconds", None)
    return found if seconds is None else {**found, "tolerationSeconds": str(seconds)}


def _pull_secret(name: str) -> Fields:
    return {"secretName": name, "secretNameParameter": _constant(name)}


def _constant(value: str) -> Fields:
    return {"runtimeValue": {"constant": value}}
