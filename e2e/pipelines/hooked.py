"""Hooks, retries, a time limit and a killed process, each noted in the step's own log; a name."""

from __future__ import annotations

import os
import signal
import time

from flowc import RetryConfig, get_step_context, pipeline, step


def succeeded(step_name: str, step_output: object) -> None:
    print(f"HOOK {step_name} succeeded with {step_output}")


def failed(exception: BaseException) -> None:
    context = get_step_context()
    print(f"HOOK {context.step_run.name} failed with {type(exception).__name__}: {exception}")


@step(on_success=succeeded, enable_cache=False)
def fine(number: int) -> int:
    return number + 1


@step(retry=RetryConfig(max_retries=1, delay=0.2), enable_cache=False)
def raises(number: int) -> int:
    raise LookupError(f"attempt {get_step_context().step_run.attempt} of {number}")


@step(enable_cache=False)
def killed(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@step(timeout=1, enable_cache=False)
def slow(number: int) -> int:
    time.sleep(60)
    return number


@pipeline(
    on_failure=failed,
    run_name="{pipeline} of {team} {number:03d}",
    substitutions={"team": "{{ x }} 'all'"},
)
def hooked(number: int = 1) -> None:
    one = fine(number)
    raises(one)
    killed(one)
    slow(one)
