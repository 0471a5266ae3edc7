"""How much of Kubeflow's and Kubernetes' limits a package uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc.registry import Size
from flowc_backends.starting import OBJECT, argument_sizes, json_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc_backends.kubeflow.model import PackageModel

PACKAGE = 32 << 20
"""`MaxFileLength` of the API server's resource manager."""

CONTAINER = 128 * 1024
"""Up to 2.15 the driver of a task gets its container's JSON as one argument: Linux's limit for
one, which kubeflow/pipelines#12453 is about."""

COPIES = 4
"""How often a running workflow holds the container of each task: in and out of its driver, and in
both nodes of its executor (kubeflow/pipelines#13738)."""


def package_sizes(
    package: PackageModel, text: str, document: Mapping[str, Any]
) -> tuple[Size, ...]:
    """The sizes of a package with this text; ``document`` is the pipeline's specification."""
    containers = {
        name: json_size(executor["container"])
        for name, executor in document["deploymentSpec"]["executors"].items()
    }
    executors = {component.name: component.executor for component in package.components}
    steps = [containers[executors[task.component]] for task in package.tasks]
    *_, finaliser = containers.values()
    workflow = json_size(document) + COPIES * (sum(steps) + 2 * finaliser)
    return (
        *argument_sizes((*it.command, *it.args) for it in package.executors),
        Size(
            what="largest container",
            used=max(containers.values()),
            limit=CONTAINER,
            why="KFP, whose driver gets it as one argument",
        ),
        Size(
            what="workflow while it runs, about",
            used=workflow,
            limit=OBJECT,
            why="etcd, for one object",
        ),
        Size(
            what="package",
            used=len(text.encode()),
            limit=PACKAGE,
            why="KFP's API server, for one upload",
        ),
    )
