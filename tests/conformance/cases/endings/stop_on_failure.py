"""A failure lets what runs end, and what has not begun never does."""

from __future__ import annotations

import time

from flowc import get_step_context, pipeline, step
from flowc.client import Client


def wait_for(step: str, *statuses: str) -> None:
    run = get_step_context().pipeline_run.id
    while True:
        found = {one["id"]: one["status"] for one in Client().run(run)["steps"]}
        if found[step] in statuses:
            return
        time.sleep(0.05)


@step(enable_cache=False, timeout=300)
def bad() -> int:
    wait_for("slow", "running")
    raise ValueError("all over")


@step(enable_cache=False)
def slow() -> int:
    wait_for("bad", "failed")
    return 1


@step
def below(number: int) -> int:
    return number


@pipeline(execution_mode="stop_on_failure")
def stop_on_failure() -> None:
    bad()
    below(slow())
