"""Two named outputs, an unnamed tuple, and a step that returns nothing."""

from __future__ import annotations

from typing import Annotated

from flowc import pipeline, step


@step
def split(
    numbers: list[int],
) -> tuple[Annotated[list[int], "even"], Annotated[list[int], "odd"]]:
    return [n for n in numbers if n % 2 == 0], [n for n in numbers if n % 2]


@step
def pair() -> Annotated[tuple[int, str], "both"]:
    return 1, "one"


@step
def use(even: list[int], odd: list[int], both: tuple[int, str]) -> list[object]:
    return [even, odd, both]


@step
def silent(values: list[object]) -> None:
    print("SAY", len(values))


@pipeline
def several_outputs() -> None:
    even, odd = split([1, 2, 3, 4])
    silent(use(even, odd, pair()))
