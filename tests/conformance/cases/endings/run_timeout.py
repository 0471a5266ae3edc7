"""A run is ended when its time is over."""

from __future__ import annotations

import time

from flowc import pipeline, step


@step
def slow() -> int:
    time.sleep(240)
    return 1


@step
def below(number: int) -> int:
    return number


@pipeline(timeout=2)
def run_timeout() -> None:
    below(slow())
