"""One step feeds two, which feed one."""

from __future__ import annotations

from flowc import pipeline, step


@step
def start() -> int:
    return 3


@step
def left(number: int) -> int:
    return number + 10


@step
def right(number: int) -> int:
    return number * 10


@step
def join(one: int, other: int) -> str:
    return f"{one} {other}"


@pipeline
def diamond() -> None:
    number = start()
    join(left(number), right(number))
