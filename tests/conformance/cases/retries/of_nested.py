"""A nested pipeline keeps its own retries and hooks; a step's own beat them."""

from __future__ import annotations

from flowc import RetryConfig, get_step_context, pipeline, step


def of_outer(step_name: str) -> None:
    print("HOOK on_success outer", step_name)


def of_inner(step_name: str) -> None:
    print("HOOK on_success inner", step_name)


@step
def flaky(until: int) -> int:
    attempt = get_step_context().step_run.attempt
    if attempt < until:
        raise ConnectionError(f"attempt {attempt}")
    return attempt


@pipeline(retry=RetryConfig(max_retries=2), on_success=of_inner)
def inner() -> int:
    return flaky(3)


@pipeline(retry=RetryConfig(max_retries=1), on_success=of_outer)
def of_nested() -> None:
    flaky(2, after=inner())
