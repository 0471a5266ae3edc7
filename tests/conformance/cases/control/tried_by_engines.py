"""Engines start a failed step's container again in vain: it has failed once and for all."""

from __future__ import annotations

from flowc import RetryConfig, get_step_context, pipeline, step


def told(step_name: str) -> None:
    print("HOOK told", step_name)


@step(enable_cache=False, retry=RetryConfig(max_retries=1))
def fails() -> int:
    print("SAY attempt", get_step_context().step_run.attempt)
    raise ValueError("no")


@step(enable_cache=False)
def fine() -> int:
    return 1


@pipeline(infrastructure_retries=1, on_failure=told, on_success=told)
def tried_by_engines() -> None:
    fails()
    fine()
