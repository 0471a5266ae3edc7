"""A pipeline whose argument decides its shape, used twice."""

from __future__ import annotations

from flowc import pipeline, step


@step
def load_training() -> list[int]:
    return [1, 2, 3]


@step
def load_test() -> list[int]:
    return [4]


@step
def scale(numbers: list[int]) -> list[int]:
    return [10 * number for number in numbers]


@step
def compare(training: list[int], test: list[int]) -> int:
    return sum(training) - sum(test)


@pipeline
def data(mode: str) -> list[int]:
    numbers = load_training() if mode == "train" else load_test()
    return scale(numbers)


@pipeline
def nested_choice() -> None:
    training = data(mode="train")
    compare(training, data(mode="test"))
