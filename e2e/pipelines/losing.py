"""A container that is killed and started again, beside a step that fails once and for all."""

from __future__ import annotations

import time

from control_steps import PATIENCE, mark

from flowc import RetryConfig, get_step_context, pipeline, step


def told(step_name: str) -> None:
    print(f"HOOK {step_name}")


@step(enable_cache=False, retry=RetryConfig(max_retries=1))
def lose(lost: int) -> int:
    """Waits to be killed as often as it is to be lost; fails once after that."""
    attempt = get_step_context().step_run.attempt
    if attempt <= lost:
        mark("lose")
        time.sleep(PATIENCE)
    if attempt == lost + 1:
        raise LookupError(f"attempt {attempt}")
    return attempt


@step(enable_cache=False)
def broken() -> int:
    raise ValueError("once and for all")


@pipeline(infrastructure_retries=1, on_success=told, on_failure=told)
def losing(lost: int = 1) -> None:
    lose(lost)
    broken()
