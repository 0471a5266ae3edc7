"""Whether tracing grows with the number of steps, and not faster."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.bench import SUBJECTS
from benchmarks.measure import Command, ask
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench


def measure(bench: Bench) -> Iterator[Row]:
    """Times at three lengths, each twice the one before; the SDK is spared the last."""
    lengths = [bench.steps // 2, bench.steps, bench.steps * 2]
    ours = _ask(sys.executable, "trace_chain.py", lengths)
    theirs = _ask(bench.kfp, "kfp_trace.py", lengths[:2]) if bench.kfp else []
    for index, steps in enumerate(lengths):
        yield Row(
            what=f"trace {steps:,} steps, each step",
            unit="us CPU",
            flowc=ours[index] / steps * 1e6,
            peer="KFP SDK" if index < len(theirs) else "",
            peer_value=theirs[index] / steps * 1e6 if index < len(theirs) else None,
            floor=ours[0] / lengths[0] * 1e6,
        )


def _ask(python: str | Path, script: str, lengths: list[int]) -> list[float]:
    command = Command(argv=[python, SUBJECTS / script, *map(str, lengths)])
    return [float(seconds) for seconds in ask(command)]
