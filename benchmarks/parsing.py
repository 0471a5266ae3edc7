"""What Airflow's own DagBag takes for a DAG file, beside the shortest one written by hand.

The one by hand makes the same tasks in a loop, which a pipeline of steps that differ could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.bench import CHAIN, SUBJECTS
from benchmarks.measure import Command, ask, spend
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench

ALLOWED = 1.1  # of what the file by hand takes
WRITTEN = SUBJECTS / "airflow_chain.py"


def measure(bench: Bench) -> Iterator[Row]:
    if bench.airflow is None:
        return
    for steps in sorted({100, bench.steps}):
        ours, theirs = _parse(bench, bench.airflow, steps)
        yield Row(
            what=f"parse {steps:,} tasks, airflow",
            unit="s CPU",
            flowc=ours,
            budget=ALLOWED * theirs,
            peer="by hand",
            peer_value=theirs,
        )


def _parse(bench: Bench, python: Path, steps: int) -> tuple[float, float]:
    """Seconds for the generated file and for that by hand."""
    folder = bench.scratch / f"parse-{steps}"
    compiling = bench.flowc(
        "compile", CHAIN, "--target", "airflow", "--param", f"steps={steps}",
        "--out", folder, "--store", "s3://bucket/flowc", "--no-build",
    )  # fmt: skip
    spend(compiling)
    written = folder / "written.py"
    text = WRITTEN.read_text(encoding="utf-8").replace("STEPS = 1000", f"STEPS = {steps}")
    written.write_text(text, encoding="utf-8")
    script = SUBJECTS / "airflow_parse.py"
    parsing = Command(
        argv=[python, script, str(bench.rounds), folder / "chain.py", written],
        env={
            "AIRFLOW_HOME": str(bench.scratch / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",  # Airflow logs to standard output
        },
    )
    ours, theirs = ask(parsing)
    return ours, theirs
