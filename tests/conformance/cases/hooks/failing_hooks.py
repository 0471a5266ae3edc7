"""Hooks that raise, exit or are killed change nothing."""

from __future__ import annotations

import os
import signal
import sys

from flowc import pipeline, step


def raises(step_name: str) -> None:
    print("HOOK on_start", step_name)
    raise KeyError("hook")


def exits() -> None:
    print("HOOK on_success exits")
    sys.exit(3)


def dies() -> None:
    print("HOOK on_end dies", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


@step(on_start=raises, on_success=exits, on_end=dies)
def fine() -> int:
    return 1


@step
def below(number: int) -> int:
    return number + 1


@pipeline
def failing_hooks() -> None:
    below(fine())
