"""Where Kedro finds the pipeline."""

from __future__ import annotations

import os

from kedro.pipeline import Pipeline, node


def add(value: int) -> int:
    return value + 1


def register_pipelines() -> dict[str, Pipeline]:
    sources = ["params:start", *(f"value_{index}" for index in range(int(os.environ["STEPS"])))]
    nodes = [
        node(add, source, f"value_{index}", name=f"add_{index}")
        for index, source in enumerate(sources[:-1])
    ]
    return {"__default__": Pipeline(nodes)}
