"""A hook for each moment of a step, with arguments by name, by annotation, and none."""

from __future__ import annotations

from flowc import pipeline, step


def started(step_name: str) -> None:
    print("HOOK on_start", step_name)


def succeeded(step_name: str, step_output: object) -> None:
    print("HOOK on_success", step_name, step_output)


def failed(error: ValueError) -> None:
    print("HOOK on_failure", type(error).__name__, error)


def ended() -> None:
    print("HOOK on_end")


@step
def fine(number: int) -> int:
    return number + 1


@step
def bad(number: int) -> int:
    raise ValueError(f"not {number}")


@pipeline(on_start=started, on_success=succeeded, on_failure=failed, on_end=ended)
def every_event() -> None:
    bad(fine(1))
