"""Fails as often as it may; a pipeline's retry applies to steps without one of their own."""

from __future__ import annotations

from flowc import RetryConfig, get_step_context, pipeline, step


@step
def hopeless() -> int:
    raise LookupError(f"attempt {get_step_context().step_run.attempt}")


@step(retry=RetryConfig(max_retries=0))
def once() -> int:
    raise LookupError("no second try")


@pipeline(retry=RetryConfig(max_retries=2, delay=0.1))
def exhausted() -> None:
    hopeless()
    once()
