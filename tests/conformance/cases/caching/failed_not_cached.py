"""A failed step is executed again; what completed beside it is cached."""

from __future__ import annotations

from flowc import pipeline, step


@step
def fine() -> int:
    return 1


@step
def fragile(number: int) -> int:
    raise ValueError("not yet")


@pipeline
def failed_not_cached() -> None:
    fragile(fine())
