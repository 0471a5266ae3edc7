"""Two failures above one step: it is skipped once; hooks of skipped steps are silent."""

from __future__ import annotations

from flowc import pipeline, step


def told(step_name: str) -> None:
    print("HOOK told", step_name)


@step
def bad(number: int) -> int:
    raise ValueError(f"bad {number}")


@step
def join(one: int, other: int) -> int:
    return one + other


@pipeline(on_start=told, on_end=told, on_failure=told, on_success=told)
def two_failures() -> None:
    join(bad(1), bad(2))
