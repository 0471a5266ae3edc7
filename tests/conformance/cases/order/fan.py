"""Five invocations side by side, and one that takes a list of what they made."""

from __future__ import annotations

from flowc import pipeline, step


@step
def process_chunk(index: int) -> int:
    return index * index


@step
def combine_results(parts: list[int]) -> int:
    return sum(parts)


@pipeline
def fan() -> None:
    results = []
    for i in range(5):
        results.append(process_chunk(i))
    combine_results(results)
