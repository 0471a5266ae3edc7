"""Handles inside lists, tuples and dicts, beside plain values."""

from __future__ import annotations

from typing import Any

from flowc import pipeline, step


@step
def one(number: int) -> int:
    return number


@step
def collect(parts: dict[str, Any], pair: tuple[int, int], rows: list[list[int]]) -> dict[str, Any]:
    return {"parts": parts, "pair": pair, "rows": rows}


@pipeline
def handles_in_containers() -> None:
    a, b = one(1, id="a"), one(2, id="b")
    collect({"a": a, "deep": [b, {"plain": 3}]}, (b, 4), [[a, b], [5]])
