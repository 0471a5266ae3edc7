"""A pipeline as a class, whose instance holds what decides its shape."""

from __future__ import annotations

from flowc import Pipeline, step


@step
def load(rows: int) -> list[int]:
    return list(range(rows))


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


class Totals(Pipeline):
    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def connect(self, rows: int = 3) -> None:
        numbers = load(rows)
        for _ in range(self.times):
            total(numbers)


by_class = Totals(2)
by_class.configure(enable_cache=False)
