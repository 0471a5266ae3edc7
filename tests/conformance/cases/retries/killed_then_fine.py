"""The first attempt is killed, the second runs out of time, the third completes."""

from __future__ import annotations

import os
import signal
import time

from flowc import RetryConfig, get_step_context, pipeline, step


@step(retry=RetryConfig(max_retries=2, delay=0.1), timeout=1)
def unlucky() -> str:
    attempt = get_step_context().step_run.attempt
    if attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if attempt == 2:
        time.sleep(60)
    return f"attempt {attempt}"


@pipeline
def killed_then_fine() -> None:
    unlucky()
