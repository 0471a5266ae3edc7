"""A constant, a default and a class attribute of the author's are edited in turn."""

from __future__ import annotations

from flowc import pipeline, step

FACTOR = 2


class Settings:
    offset = 1


def scale(number: int, by: int = 10) -> int:
    return number * by


@step
def use_constant() -> int:
    return FACTOR


@step
def use_attribute() -> int:
    return Settings.offset


@step
def use_default() -> int:
    return scale(3)


@pipeline
def constants_edited() -> None:
    use_constant()
    use_attribute()
    use_default()
