"""What Airflow and Prefect can run a step in, and what each way gives otherwise than Docker.

A process on a worker shares the machine with all others there: what a step says of cores, memory
and GPUs says how large a worker has to be, and limits nothing. It changes no result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc import ir

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.registry import Executor, Support

ON_DOCKER: Mapping[str, Support] = {
    "resources": "native",
    "gpus": "native",
    "gpu_types": "error",
    "node_selector": "error",
    "tolerations": "error",
    "pvc_volumes": "error",
    "host_path_volumes": "native",
    "config_map_volumes": "error",
    "empty_dir_volumes": "native",
    "service_account": "error",
    "labels": "native",
    "annotations": "error",
    "image_pull": "error",
}
"""What containers of a Docker daemon give."""

ON_WORKERS: Mapping[str, Support] = {
    "parameters": "native",
    "parallel": "native",
    "images": "native",
    "ship_image": "native",
    "ship_inline": "native",
    "ship_store": "native",
    "ship_mount": "native",
    "environment": "native",
    "secrets": "native",
    "caching": "emulated",
    "retries": "emulated",
    "continue_on_failure": "native",
    "fail_fast": "emulated",
    "stop_on_failure": "emulated",
    "timeout": "emulated",
    "schedule": "native",
    "scheduled_time": "native",
    "max_active_runs": "native",
    "run_timeout": "emulated",
    "infrastructure_retries": "native",
    "hooks": "emulated",
    "run_hooks": "emulated",
    "logs": "native",
    "alerter": "emulated",
    "experiment_tracker": "emulated",
    **ON_DOCKER,
    "docker_executor": "native",
    "kubernetes_executor": "native",
    "process_executor": "native",
    "kubernetes_operator": "error",
    "vertex_operator": "error",
}
"""What both give, whose workers start containers of a Docker daemon unless told otherwise."""

EXECUTORS: Mapping[Executor, Mapping[str, Support]] = {
    "docker": {},
    "kubernetes": {**dict.fromkeys(ON_DOCKER, "native"), "kubernetes_operator": "native"},
    "process": {
        "images": "emulated",
        "ship_image": "emulated",
        "ship_inline": "error",
        "ship_store": "error",
        "ship_mount": "error",
        "environment": "emulated",
        **dict.fromkeys(ON_DOCKER, "error"),
        "resources": "emulated",
        "gpus": "emulated",
        "gpu_types": "emulated",
    },
}

_PYTHON = ir.DockerSettings().python

SHOWN = 5
"""How many steps a note names."""


def process_notes(pipeline: ir.Pipeline, python: str) -> list[str]:
    """What a process on a worker does not do, and the author may have thought of."""
    notes: list[str] = []
    imaged = [
        step.id
        for step in pipeline.steps
        if wants_image(step.docker) or step.docker.user or step.docker.python != _PYTHON
    ]
    if imaged:
        notes.append(
            f"the executor 'process' makes no images: '{python}' on the worker runs "
            f"{shown(imaged)}"
        )
    limited = [step.id for step in pipeline.steps if step.resources != ir.Resources()]
    if limited:
        notes.append(
            f"the executor 'process' sets no limits: the worker is what there is for "
            f"{shown(limited)}"
        )
    return notes


def wants_image(settings: ir.DockerSettings) -> bool:
    return bool(
        settings.parent_image
        or settings.dockerfile
        or settings.requirements
        or settings.apt_packages
    )


def shown(steps: list[str]) -> str:
    return ", ".join(steps[:SHOWN]) + (", ..." if len(steps) > SHOWN else "")
