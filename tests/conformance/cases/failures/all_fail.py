"""Exceptions with a cause, with notes in another script, and one raised in a helper."""

from __future__ import annotations

from flowc import pipeline, step


def helper(number: int) -> float:
    return 1 / number


@step
def divide() -> float:
    return helper(0)


@step
def caused() -> float:
    try:
        return helper(0)
    except ZeroDivisionError as error:
        raise RuntimeError("Größe 🎈 \x00 {{ x }}") from error


@pipeline
def all_fail() -> None:
    divide()
    caused()
