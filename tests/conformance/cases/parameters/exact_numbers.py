"""Numbers beyond what a double can hold."""

from __future__ import annotations

from typing import Any

from flowc import pipeline, step


@step
def keep(number: int, nested: dict[str, Any], ratio: float) -> dict[str, Any]:
    return {"number": number, "nested": nested, "ratio": ratio}


@pipeline
def exact_numbers(number: int = 1, nested: dict[str, Any] = {"n": 1}, ratio: float = 0.25) -> None:
    keep(number, nested, ratio)
