"""A run on this machine: what each trivial step costs, from the difference of two lengths."""

from __future__ import annotations

import sys
from itertools import count
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.bench import CHAIN, SUBJECTS, kedro_command, with_steps
from benchmarks.measure import Command, Usage, ask, spend
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.bench import Bench

SHORT = 20
RUNS = count()


def measure(bench: Bench) -> Iterator[Row]:
    long = SHORT + bench.steps // 5
    subjects: dict[str, Callable[[int], Command]] = {"flowc": lambda steps: _run(bench, steps)}
    if bench.kedro:
        kedro = kedro_command(bench, bench.kedro, "kedro_run", "run")
        subjects["peer"] = lambda steps: with_steps(kedro, steps)
    costs = _costs(subjects, long, bench.rounds)
    floor = ask(Command(argv=[sys.executable, SUBJECTS / "fork_floor.py", "200"]))
    for unit, index in (("ms wall", 0), ("ms CPU", 1)):
        yield Row(
            what="run here, each trivial step",
            unit=unit,
            flowc=costs["flowc"][index] * 1000,
            budget=6,
            peer="kedro, in memory" if bench.kedro else "",
            peer_value=costs["peer"][index] * 1000 if bench.kedro else None,
            floor=floor[index] * 1000,
        )


def _run(bench: Bench, steps: int) -> Command:
    # A new one each time: where many files were just deleted, ext4 makes new ones slowly.
    store = bench.scratch / "run-stores" / str(next(RUNS))
    return bench.flowc(
        "run", CHAIN, "--param", f"steps={steps}", "--store", store.as_uri(), "--no-cache"
    )


def _costs(
    subjects: dict[str, Callable[[int], Command]], long: int, rounds: int
) -> dict[str, tuple[float, float]]:
    """Wall and CPU seconds of each further step, by subject."""
    used: dict[tuple[str, int], list[Usage]] = {}
    for command in subjects.values():
        spend(command(SHORT))
    for _ in range(rounds):
        for name, command in subjects.items():
            for steps in (SHORT, long):
                used.setdefault((name, steps), []).append(spend(command(steps)))
    return {name: _slope(used[name, SHORT], used[name, long], long - SHORT) for name in subjects}


def _slope(short: list[Usage], long: list[Usage], steps: int) -> tuple[float, float]:
    wall = median(usage.wall for usage in long) - median(usage.wall for usage in short)
    cpu = median(usage.cpu for usage in long) - median(usage.cpu for usage in short)
    return wall / steps, cpu / steps
