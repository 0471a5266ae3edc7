"""Three independent steps, and one of them at a time."""

from __future__ import annotations

import time

from flowc import pipeline, step


@step(enable_cache=False)
def work(number: int) -> int:
    time.sleep(2)
    return number


@pipeline(max_parallel_steps=1)
def one_at_a_time() -> None:
    for number in range(3):
        work(number)
