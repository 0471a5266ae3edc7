"""A format of the author's own."""

from __future__ import annotations

import csv
from pathlib import Path  # noqa: TC003 - the materializer's

from flowc import pipeline, step


class Csv:
    suffix = ".csv"

    def save(self, value: list[list[str]], path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(value)

    def load(self, path: Path) -> list[list[str]]:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))


@step(output_materializers={"output": Csv})
def table() -> list[list[str]]:
    return [["digit", "count"], ["7", "3,5"]]


@step
def rows(table: list[list[str]]) -> int:
    return len(table)


@pipeline
def own_materializer() -> None:
    rows(table())
