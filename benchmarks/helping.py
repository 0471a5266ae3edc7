"""``flowc --help``, the whole process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Command, alternate
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench


def measure(bench: Bench) -> Iterator[Row]:
    commands = {
        "bare": Command(argv=[sys.executable, "-c", "pass"]),
        "flowc": bench.flowc("--help"),
    }
    if bench.kedro:
        commands["peer"] = Command(argv=[bench.kedro, "-m", "kedro", "--help"], cwd=bench.scratch)
    used = alternate(commands, bench.rounds * 2)
    yield Row(
        what="flowc --help",
        unit="ms CPU",
        flowc=used["flowc"].cpu * 1000,
        budget=120,
        peer="kedro --help" if bench.kedro else "",
        peer_value=used["peer"].cpu * 1000 if bench.kedro else None,
        floor=used["bare"].cpu * 1000,
    )
