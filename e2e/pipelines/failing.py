"""One step raises: what depends on it is skipped, the rest completes, the run fails."""

from __future__ import annotations

from flowc import pipeline, step


@step
def start() -> int:
    return 1


@step
def boom(x: int) -> int:
    raise ValueError(f"no use for {x} 'quoted' {{{{ braces }}}}")


@step(enable_cache=False)
def double(x: int) -> int:
    return 2 * x


@step
def total(parts: list[int]) -> int:
    return sum(parts)


@pipeline
def failing() -> None:
    one = start()
    broken = boom(one)
    double(broken, id="below")
    total([double(one, id="beside"), broken])
    double(double(one, id="far"), id="farther")
