"""Ids: numbered by themselves, given by id= and by step_name=."""

from __future__ import annotations

from flowc import pipeline, step


@step
def my_step(number: int) -> int:
    return number


@step(name="renamed")
def other(number: int) -> int:
    return -number


@pipeline
def numbered() -> None:
    my_step(1)
    my_step(2)
    my_step(3, step_name="second_step")
    my_step(4, id="my_step_5")
    my_step(5)
    other(6)
