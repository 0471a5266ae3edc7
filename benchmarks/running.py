"""A run on this machine: what each trivial step costs, from the difference of two lengths.

With its store in memory, and on the disk of the temporary folder. There it depends on how long a
new file takes: many times as long for minutes after files were deleted, as ext4 passes over what
was freed lately.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.bench import CHAIN, SUBJECTS, kedro_command, with_steps
from benchmarks.measure import Command, Usage, ask, spend
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from benchmarks.bench import Bench

SHORT = 20
RUNS = count()
MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's own place for files in memory


def measure(bench: Bench) -> Iterator[Row]:
    if MEMORY.is_dir():
        with _folder(MEMORY) as folder:
            yield from _measure(bench, folder, "in memory", peer=True)
    with _folder(bench.scratch) as folder:
        yield from _measure(bench, folder, "on disk", peer=not MEMORY.is_dir())


@contextmanager
def _folder(place: Path) -> Generator[Path]:
    with TemporaryDirectory(prefix="flowc-bench-", dir=place) as folder:
        yield Path(folder)


def _measure(bench: Bench, folder: Path, where: str, *, peer: bool) -> Iterator[Row]:
    long = SHORT + bench.steps // 5
    subjects: dict[str, Callable[[int], Command]] = {
        "flowc": lambda steps: _run(bench, folder, steps)
    }
    if bench.kedro and peer:
        kedro = kedro_command(bench, bench.kedro, "kedro_run", "run")
        subjects["peer"] = lambda steps: with_steps(kedro, steps)
    costs = _costs(subjects, long, bench.rounds)
    floor = ask(Command(argv=[sys.executable, SUBJECTS / "fork_floor.py", "200", folder]))
    for unit, index in (("ms wall", 0), ("ms CPU", 1)):
        yield Row(
            what=f"run here, each trivial step, store {where}",
            unit=unit,
            flowc=costs["flowc"][index] * 1000,
            budget=6,
            peer="kedro, in memory" if "peer" in costs else "",
            peer_value=costs["peer"][index] * 1000 if "peer" in costs else None,
            floor=floor[index] * 1000,
        )


def _run(bench: Bench, folder: Path, steps: int) -> Command:
    store = folder / f"store-{next(RUNS)}"
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
