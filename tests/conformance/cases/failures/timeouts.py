"""A step that sleeps past its time, and one that does not."""

from __future__ import annotations

import time

from flowc import pipeline, step


def failed(step_name: str, exception: BaseException) -> None:
    print("HOOK on_failure", step_name, "timeout" in str(exception))


@step(timeout=0.5)
def slow() -> int:
    time.sleep(60)
    return 1


@step(timeout=30)
def quick() -> int:
    return 2


@pipeline(on_failure=failed)
def timeouts() -> None:
    slow()
    quick()
