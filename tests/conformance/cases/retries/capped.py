"""Delays grow until max_delay."""

from __future__ import annotations

from flowc import RetryConfig, pipeline, step


@step(retry=RetryConfig(max_retries=3, delay=0.1, backoff=3, max_delay=0.2))
def hopeless() -> int:
    raise OSError("busy")


@pipeline
def capped() -> None:
    hopeless()
