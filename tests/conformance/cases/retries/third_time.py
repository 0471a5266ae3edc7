"""Fails twice, then succeeds; the delay doubles."""

from __future__ import annotations

from flowc import RetryConfig, get_step_context, pipeline, step


@step(retry=RetryConfig(max_retries=3, delay=0.2, backoff=2))
def flaky(number: int) -> int:
    attempt = get_step_context().step_run.attempt
    print("SAY attempt", attempt)
    if attempt < 3:
        raise ConnectionError(f"attempt {attempt}")
    return number + attempt


@step
def after_it(number: int) -> int:
    return 2 * number


@pipeline
def third_time(number: int = 10) -> None:
    after_it(flaky(number))
