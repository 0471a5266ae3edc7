"""What the runtime itself costs in a container: a fresh interpreter runs one trivial step."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from benchmarks.bench import CHAIN, SUBJECTS
from benchmarks.measure import FRESH, Command, alternate, spend
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench


def measure(bench: Bench) -> Iterator[Row]:
    commands = {"floor": _floor(bench), "flowc": _step(bench)}
    if bench.kfp:
        commands["peer"] = _kfp_step(bench, bench.kfp)
    used = alternate(commands, bench.rounds * 3)
    yield Row(
        what="one step's container, the runtime's share",
        unit="ms CPU",
        flowc=used["flowc"].cpu * 1000,
        budget=50,
        peer="KFP entrypoint" if bench.kfp else "",
        peer_value=used["peer"].cpu * 1000 if bench.kfp else None,
        floor=used["floor"].cpu * 1000,
    )


def _floor(bench: Bench) -> Command:
    source, target = bench.scratch / "input.json", bench.scratch / "output.json"
    source.write_text("1", encoding="utf-8")
    return Command(argv=[sys.executable, SUBJECTS / "floor.py", source, target])


def _step(bench: Bench) -> Command:
    """The compiled bundle, unpacked and started as an image does it, each time in a new run."""
    build = bench.scratch / "build-start"
    compile_one = bench.flowc(
        "compile", CHAIN, "--target", "airflow", "--param", "steps=1",
        "--out", build, "--store", "s3://bucket/flowc", "--no-build",
    )  # fmt: skip
    spend(compile_one)
    packed = next((build / "images").rglob("bundle.pyz"))
    bundle = bench.scratch / "bundle"
    main = bundle / "__main__.py"
    spend(Command(argv=[sys.executable, packed, "unpack", bundle]))
    store = (bench.scratch / "store").as_uri()
    return Command(
        argv=[
            sys.executable, main, "step", "add", "--target", "airflow", "--no-cache",
            "--engine-run", FRESH, "--token", "0", "--store", store,
        ],
        cwd=bench.scratch,
    )  # fmt: skip


def _kfp_step(bench: Bench, python: Path) -> Command:
    document = {
        "inputs": {"parameterValues": {"value": 1}},
        "outputs": {"outputFile": str(bench.scratch / "executor_output.json")},
    }
    return Command(
        argv=[
            python, "-m", "kfp.dsl.executor_main", "--component_module_path",
            SUBJECTS / "kfp_step.py", "--function_to_execute", "add",
            "--executor_input", json.dumps(document),
        ],
        env={"_KFP_RUNTIME": "true"},
    )  # fmt: skip
