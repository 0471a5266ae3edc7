"""Steps and containers that are ended by force, on every target: recorded, and the hook called."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from e2e.targets import (
    CHECKOUT,
    FLOWC,
    Machine,
    OnAirflow,
    OnKubeflow,
    OnPrefect,
    only_run,
    run_ids,
)
from flowc.client import Client

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from e2e.engines.airflow import Airflow
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect
    from e2e.tables import RecordTable
    from e2e.targets import Target

SOURCE = CHECKOUT / "e2e/pipelines/ended.py"
FAILED = {"failed", "FAILED", "FAILURE"}
ENDINGS = {
    "hungry": ("docker", "update", "--memory", "96m", "--memory-swap", "96m"),
    "shot": ("docker", "kill"),
}
"""What is done from outside to the container of a step."""


ERRORS = {
    "killed": ("killed", "killed by signal 9 (SIGKILL)"),
    "slow": ("timeout", "ended after 1 s"),
    "hungry": ("killed", "memory"),
    "shot": ("lost", "its process ended without a result"),
}
"""The kind of each ended step's error, and words of it that its hook is told as well."""


@pytest.fixture(scope="module")
def containers(
    base_image: str,
    airflow3: Airflow,
    airflow2: Airflow,
    prefect: Prefect,
    kfp: Kfp,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Target]:
    """Every target with containers: where there is none, none can be limited or killed."""
    folder = tmp_path_factory.mktemp("stores")
    return [
        Machine("docker", folder, base_image),
        OnKubeflow(kfp, folder, base_image),
        OnAirflow("airflow3", airflow3, folder, base_image),
        OnAirflow("airflow2", airflow2, folder, base_image),
        OnPrefect(prefect, folder, base_image),
    ]


@contextmanager
def meddling(store: Path) -> Generator[None]:
    """Do to each container what its step asks for, as soon as the step has said where it is."""
    over = threading.Event()

    def watch() -> None:
        left = dict(ENDINGS)
        while left and not over.wait(0.1):
            for name in [name for name in left if (store / "containers" / name).exists()]:
                container = (store / "containers" / name).read_text()
                subprocess.run([*left.pop(name), container], check=True, capture_output=True)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            over.set()
            watching.result()


def run(target: Target) -> tuple[str, dict[str, Any]]:
    before = run_ids(target.store)
    prepared = target.prepare(SOURCE)
    with meddling(target.store):
        state = target.run(prepared, {})
    return state, only_run(target.store, "ended", before)


def hook_lines(target: Target, run: str) -> dict[str, list[str]]:
    logs = Client(f"file://{target.store}").logs(run)
    return {
        step: [line for line in text.splitlines() if line.startswith("HOOK ")]
        for step, text in logs.items()
    }


def test_whatever_ends_a_step_is_recorded_and_told(
    containers: list[Target], record_table: RecordTable
) -> None:
    with ThreadPoolExecutor(3) as pool:
        results = dict(zip(containers, pool.map(run, containers), strict=True))
    shown = {
        target.name: {step["id"]: step["status"] for step in document["steps"]}
        for target, (_, document) in results.items()
    }
    record_table("ended by force: statuses", shown)
    expected = {
        "start": "completed",
        "killed": "failed",
        "slow": "failed",
        "hungry": "failed",
        "shot": "lost",
        **dict.fromkeys(("below_killed", "below_slow", "below_hungry", "below_shot"), "skipped"),
    }
    for target, (state, document) in results.items():
        assert state in FAILED, target.name
        assert document["status"] == "failed", target.name
        assert shown[target.name] == expected, target.name
        check_errors(target, document, ERRORS)


def check_errors(target: Target, document: dict[str, Any], names: Iterable[str]) -> None:
    """Each ended step has one attempt and one error, which its hook was told of once."""
    told = hook_lines(target, document["run_id"])
    steps = {step["id"]: step for step in document["steps"]}
    for name in names:
        kind, words = ERRORS[name]
        error = steps[name]["error"]
        assert (error["kind"], steps[name]["attempts"]) == (kind, 1), (target.name, name)
        assert words in error["message"], (target.name, name)
        line = f"HOOK {name} failed with StepFailure: {error['message']}"
        assert told[name] == [line], (target.name, name)


def test_the_same_on_this_machine(tmp_path: Path) -> None:
    """There is no container here: the limit is that of a control group around the whole run.

    The kernel takes the process that eats, and leaves the one that keeps the records.
    """
    group = control_group()
    target = InGroup("local", tmp_path, group)
    try:
        before = run_ids(target.store)
        assert target.run(str(SOURCE.with_name("alone.py")), {}) in FAILED
        document = only_run(target.store, "alone", before)
    finally:
        group.rmdir()
    assert document["status"] == "failed"
    assert {step["id"]: step["status"] for step in document["steps"]} == {
        "start": "completed",
        **dict.fromkeys(("killed", "slow", "hungry"), "failed"),
        **dict.fromkeys(("below_killed", "below_slow", "below_hungry"), "skipped"),
    }
    check_errors(target, document, ERRORS.keys() - {"shot"})


class InGroup(Machine):
    """`flowc run` inside a control group of this machine."""

    def __init__(self, name: str, folder: Path, group: Path) -> None:
        super().__init__(name, folder, "")
        self.group = group

    def run(self, prepared: str, parameters: Mapping[str, object]) -> str:
        assert not parameters
        enter = f'echo $$ > "{self.group}/cgroup.procs" && exec "$@"'
        command = [str(FLOWC), "run", prepared, "--store", f"file://{self.store}", "--json"]
        done = subprocess.run(
            ["sh", "-c", enter, "sh", *command],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        return str(json.loads(done.stdout)["status"])


def control_group() -> Path:
    """A fresh group that may use 300 MB, by version 2 or 1 of the kernel's interface."""
    root = Path("/sys/fs/cgroup")
    new = (root / "cgroup.controllers").exists()
    group = (root if new else root / "memory") / f"flowc-test-{os.getpid()}"
    group.mkdir()
    (group / ("memory.max" if new else "memory.limit_in_bytes")).write_text("300000000")
    return group
