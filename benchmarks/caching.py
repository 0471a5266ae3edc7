"""A run whose steps are all cached: the whole process, each step of it, and each lookup."""

from __future__ import annotations

import shutil
import sys
import tempfile
from typing import TYPE_CHECKING

from benchmarks.bench import CHAIN, SUBJECTS
from benchmarks.measure import Command, ask, middle, spend
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench
    from benchmarks.measure import Usage

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
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        lookup, joblib, least = ask(
            Command(argv=[sys.executable, SUBJECTS / "lookup.py", folder, str(SHORT)])
        )
    yield Row(
        what="one lookup, with its key",
        unit="ms CPU",
        flowc=lookup * 1000,
        budget=0.5,
        peer="joblib",
        peer_value=joblib * 1000,
        floor=least * 1000,
    )


def _run(bench: Bench, steps: int) -> Command:
    store = bench.scratch / "cached-store"
    return bench.flowc("run", CHAIN, "--param", f"steps={steps}", "--store", store.as_uri())
