"""``python -m benchmarks [--quick] [--json FILE] [--no-peers] [NAME ...]``."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import Bench
from benchmarks.measure import CommandError
from benchmarks.table import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.table import Row

NAMES = (
    "importing", "helping", "compiling", "parsing", "tracing", "digesting", "running", "caching",
    "starting",
)  # fmt: skip


def main() -> int:
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="flowc-bench-") as scratch:
        bench = Bench(
            scratch=Path(scratch),
            rounds=options.rounds or (1 if options.quick else 5),
            steps=100 if options.quick else 1000,
            with_peers=not options.no_peers,
        )
        rows, failed = _measure(bench, options.names or NAMES)
    print(render(rows))
    if options.json:
        document = {"python": platform.python_version(), "rows": [row.document() for row in rows]}
        Path(options.json).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 1 if failed else 0


def _measure(bench: Bench, names: Sequence[str]) -> tuple[list[Row], bool]:
    """The rows of every benchmark that could be measured, and whether one could not."""
    rows: list[Row] = []
    failed = False
    for name in names:
        print(f"{name} ...", file=sys.stderr)
        try:
            rows += import_module(f"benchmarks.{name}").measure(bench)
        except CommandError as error:
            failed = True
            print(error, file=sys.stderr)
    return rows, failed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="one round, short pipelines")
    parser.add_argument("--rounds", type=int, help="how often each command is measured")
    parser.add_argument("--no-peers", action="store_true", help="measure flowc alone")
    parser.add_argument("--json", metavar="FILE", help="write the numbers to a file as well")
    return parser


if __name__ == "__main__":
    sys.exit(main())
