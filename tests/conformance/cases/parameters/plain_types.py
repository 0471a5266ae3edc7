"""Run-time parameters of every plain type, changed for the run."""

from __future__ import annotations

from typing import Any

from flowc import pipeline, step


@step
def echo(
    flag: bool,
    count: int,
    ratio: float,
    text: str,
    items: list[int],
    table: dict[str, Any],
) -> dict[str, Any]:
    return {
        "flag": flag,
        "count": count,
        "ratio": ratio,
        "text": text,
        "items": items,
        "table": table,
    }


@pipeline
def plain_types(
    flag: bool = False,
    count: int = 1,
    ratio: float = 0.5,
    text: str = "plain",
    items: list[int] = [1],
    table: dict[str, Any] = {"a": 1},
) -> None:
    echo(flag, count, ratio, text, items, table)
