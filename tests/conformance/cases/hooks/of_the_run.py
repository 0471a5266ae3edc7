"""on_init before any step begins, on_cleanup after all have ended, though one failed."""

from __future__ import annotations

from flowc import pipeline, step


def begin() -> None:
    print("HOOK on_init")


def clean(exception: BaseException | None) -> None:
    print("HOOK on_cleanup", type(exception).__name__, exception)


@step
def fine() -> int:
    return 1


@step
def bad(number: int) -> int:
    raise LookupError(f"nothing at {number}")


@pipeline(on_init=begin, on_cleanup=clean)
def of_the_run() -> None:
    bad(fine())
