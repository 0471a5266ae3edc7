"""A run whose steps are all cached: the whole process, and what each step's lookup costs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.bench import CHAIN
from benchmarks.measure import middle, spend
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench
    from benchmarks.measure import Command, Usage

SHORT, LONG = 100, 600


def measure(bench: Bench) -> Iterator[Row]:
    shutil.rmtree(bench.scratch / "cached-store", ignore_errors=True)
    used: dict[int, list[Usage]] = {SHORT: [], LONG: []}
    spend(_run(bench, LONG))
    for _ in range(bench.rounds):
        for steps, usages in used.items():
            usages.append(spend(_run(bench, steps)))
    short, long = middle(used[SHORT]), middle(used[LONG])
    yield Row(what=f"run of {SHORT} cached steps", unit="s CPU", flowc=short.cpu, budget=0.6)
    yield Row(
        what="each further cached step, all of it",
        unit="ms CPU",
        flowc=(long.cpu - short.cpu) / (LONG - SHORT) * 1000,
    )


def _run(bench: Bench, steps: int) -> Command:
    store = bench.scratch / "cached-store"
    return bench.flowc("run", CHAIN, "--param", f"steps={steps}", "--store", store.as_uri())
