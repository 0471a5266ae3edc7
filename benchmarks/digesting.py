"""Code digests of 200 steps over a project of 20,000 lines: at first, and when nothing changed."""

from __future__ import annotations

import sys
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.bench import SUBJECTS
from benchmarks.measure import Command, ask
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench


def measure(bench: Bench) -> Iterator[Row]:
    project = bench.scratch / "large project"
    _ask(bench, "write", "")
    cold: list[float] = []
    warm: list[float] = []
    for number in range(bench.rounds):
        cold.append(_ask(bench, "digest", f"cache-{number}"))
        warm.append(_ask(bench, "digest", f"cache-{number}"))
    lines = sum(file.read_text().count("\n") for file in project.rglob("*.py"))
    what = f"code digests of 200 steps, {lines:,} lines"
    yield Row(what=what, unit="s CPU", flowc=median(cold), budget=1.5)
    yield Row(what=f"{what}, unchanged", unit="s CPU", flowc=median(warm), budget=0.1)


def _ask(bench: Bench, word: str, cache: str) -> float:
    script, project = SUBJECTS / "large_project.py", bench.scratch / "large project"
    command = Command(
        argv=[sys.executable, script, word, project],
        env={"XDG_CACHE_HOME": str(bench.scratch / cache)},
    )
    seconds: float = ask(command)
    return seconds
