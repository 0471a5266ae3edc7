"""A run whose time is over before its step has ended, and hooks that are told."""

from __future__ import annotations

import time

from flowc import pipeline, step


def cleaned(exception: BaseException) -> None:
    print("HOOK on_cleanup", exception)


def failed(step_name: str) -> None:
    print("HOOK on_failure", step_name)


@step(enable_cache=False)
def endless() -> int:
    time.sleep(100)
    return 1


@step
def below(number: int) -> int:
    return number


@pipeline(timeout=12, on_cleanup=cleaned, on_failure=failed)
def out_of_time() -> None:
    below(endless())
