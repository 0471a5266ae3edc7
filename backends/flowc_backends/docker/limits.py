"""What of a step's resources and volumes a Docker daemon knows, in the words of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowc import ir


def host_config(step: ir.Step) -> dict[str, Any]:
    """The part of a container's HostConfig; empty where the step says nothing."""
    config: dict[str, Any] = {}
    resources = step.resources
    if resources.cpu:
        config["NanoCpus"] = resources.cpu * 10**6
    if resources.memory:
        # As much with swap as without: none of it is swapped out.
        config["Memory"] = config["MemorySwap"] = resources.memory
    if resources.gpus:
        config["DeviceRequests"] = [{"Count": resources.gpus, "Capabilities": [["gpu"]]}]
    if step.placement.volumes:
        config["Mounts"] = [_mount(mount) for mount in step.placement.volumes]
    return config


def _mount(mount: ir.Mount) -> dict[str, Any]:
    if mount.kind == "host_path":
        return {"Type": "bind", "Source": mount.source, "Target": mount.path}
    options = {"TmpfsOptions": {"SizeBytes": mount.size}} if mount.size else {}
    return {"Type": "tmpfs", "Target": mount.path, **options}
