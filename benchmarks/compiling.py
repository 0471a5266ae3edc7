"""Compiling a long chain for each engine, the whole process: CPU time and peak memory."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.bench import CHAIN, SUBJECTS, kedro_command, with_steps
from benchmarks.measure import Command, Usage, alternate
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench

BUDGETED = 1000  # steps, for which the budgets are meant
TARGETS = ("kubeflow", "airflow", "prefect")
# Nothing else writes a Prefect flow: the nearest is the lightest compiler there is.
PEERS = {"kubeflow": "KFP SDK", "airflow": "kedro-airflow", "prefect": "kedro-airflow"}


def measure(bench: Bench) -> Iterator[Row]:
    commands = {target: _compile(bench, target) for target in TARGETS}
    commands["bare"] = Command(argv=[sys.executable, "-c", "pass"])
    commands |= _peers(bench)
    used = alternate(commands, bench.rounds)
    for target in TARGETS:
        yield from _rows(bench.steps, target, used)


def _compile(bench: Bench, target: str) -> Command:
    return bench.flowc(
        "compile", CHAIN, "--target", target, "--param", f"steps={bench.steps}",
        "--out", bench.scratch / f"build-{target}", "--store", "s3://bucket/flowc", "--no-build",
    )  # fmt: skip


def _peers(bench: Bench) -> dict[str, Command]:
    peers: dict[str, Command] = {}
    if bench.kfp:
        package = bench.scratch / "kfp.yaml"
        script = SUBJECTS / "kfp_chain.py"
        peers["KFP SDK"] = Command(argv=[bench.kfp, script, str(bench.steps), package])
    if bench.kedro:
        create = kedro_command(bench, bench.kedro, "kedro_airflow", "airflow", "create")
        peers["kedro-airflow"] = with_steps(create, bench.steps)
    return peers


def _rows(steps: int, target: str, used: dict[str, Usage]) -> Iterator[Row]:
    peer = PEERS[target] if PEERS[target] in used else ""
    what = f"compile {steps:,} steps, {target}"
    flowc, bare = used[target], used["bare"]
    beside = used.get(peer)
    yield Row(
        what=what,
        unit="s CPU",
        flowc=flowc.cpu,
        budget=0.8 if steps == BUDGETED else None,
        peer=peer,
        peer_value=beside.cpu if beside else None,
        floor=bare.cpu,
    )
    yield Row(
        what=what,
        unit="MiB peak",
        flowc=flowc.memory,
        budget=120 if steps == BUDGETED else None,
        peer=peer,
        peer_value=beside.memory if beside else None,
        floor=bare.memory,
    )
