"""A delay below zero."""

from __future__ import annotations

from flowc import RetryConfig, pipeline, step


@step(retry=RetryConfig(max_retries=1, delay=-1))
def never() -> None: ...


@pipeline
def bad_retry() -> None:
    never()
