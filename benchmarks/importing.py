"""``from flowc import step, pipeline``, over a bare start of the same Python."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Command, alternate
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench


def measure(bench: Bench) -> Iterator[Row]:
    commands = {
        "bare": _python(sys.executable, "pass"),
        "flowc": _python(sys.executable, "from flowc import step, pipeline"),
    }
    if bench.kedro:
        commands["bare peer"] = _python(bench.kedro, "pass")
        commands["peer"] = _python(bench.kedro, "from kedro.pipeline import node, pipeline")
    used = alternate(commands, bench.rounds * 3)
    yield Row(
        what="import, over bare Python",
        unit="ms CPU",
        flowc=(used["flowc"].cpu - used["bare"].cpu) * 1000,
        budget=15,
        peer="kedro" if bench.kedro else "",
        peer_value=(used["peer"].cpu - used["bare peer"].cpu) * 1000 if bench.kedro else None,
    )


def _python(python: str | Path, code: str) -> Command:
    return Command(argv=[python, "-c", code])
