"""A step is killed, one interrupts itself, one gets a signal it does not know."""

from __future__ import annotations

import os
import signal

from flowc import pipeline, step


@step
def killed() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@step
def interrupted() -> int:
    raise KeyboardInterrupt("by the author")


@step
def signalled() -> int:
    os.kill(os.getpid(), signal.SIGUSR1)
    return 0


@pipeline
def signals() -> None:
    killed()
    interrupted()
    signalled()
