"""Cores and memory: the pipeline's, and a step's own instead of them. They change no result."""

from __future__ import annotations

from flowc import ResourceSettings, pipeline, step


@step
def small() -> str:
    return "small"


@step(settings={"resources": {"memory": "512MiB"}})
def large(text: str) -> str:
    return f"{text}, large"


@pipeline(settings={"resources": ResourceSettings(cpu_count=0.5, memory="256MiB")})
def resources() -> None:
    large(small())
