"""One step raises: what needs it is skipped, everything else completes, the run fails."""

from __future__ import annotations

from flowc import pipeline, step


@step
def boom() -> int:
    raise ValueError("no use for 'quoted' {{ braces }}")


@step
def double(number: int) -> int:
    return 2 * number


@step
def total(parts: list[int]) -> int:
    return sum(parts)


@pipeline
def skipped() -> None:
    broken = boom()
    below = double(broken, id="below")
    beside = double(1, id="beside")
    total([beside, broken])
    double(3, id="ordered", after=below)
    double(beside, id="further")
