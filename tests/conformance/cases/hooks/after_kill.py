"""The failure hook is called once when the step's process was killed, and after all attempts."""

from __future__ import annotations

import os
import signal

from flowc import RetryConfig, get_step_context, pipeline, step


def failed(exception: BaseException) -> None:
    context = get_step_context()
    run = context.step_run
    print("HOOK on_failure", run.name, run.attempt, run.status, run.config.parameters)
    print("HOOK on_failure", "SIGKILL" in str(exception))


@step(on_failure=failed, retry=RetryConfig(max_retries=1))
def doomed(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@step
def below(number: int) -> int:
    return number


@pipeline
def after_kill() -> None:
    below(doomed(4))
