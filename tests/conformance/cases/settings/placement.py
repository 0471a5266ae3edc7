"""A step for some nodes of a cluster."""

from __future__ import annotations

from flowc import KubernetesSettings, pipeline, step


@step(
    settings={
        "kubernetes": KubernetesSettings(
            node_selector={"disk": "ssd"}, tolerations=[{"operator": "Exists"}]
        )
    }
)
def somewhere() -> str:
    return "here"


@pipeline
def placement() -> None:
    somewhere()
