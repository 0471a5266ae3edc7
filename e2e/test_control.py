"""Runs that end before their steps do, and containers that are lost, on every target."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from e2e.targets import (
    CHECKOUT,
    Machine,
    OnAirflow,
    OnKubeflow,
    OnPrefect,
    flowc,
    only_run,
    run_ids,
)
from flowc.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from e2e.engines.airflow import Airflow
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect
    from e2e.tables import RecordTable
    from e2e.targets import Target

PIPELINES = CHECKOUT / "e2e/pipelines"
FAILED = {"failed", "FAILED", "FAILURE"}
ENDED = {*FAILED, "cancelled", "CANCELLED"}
PATIENCE = 240

Answers = dict[str, tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def targets(
    base_image: str,
    airflow3: Airflow,
    airflow2: Airflow,
    prefect: Prefect,
    kfp: Kfp,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Target]:
    folder = tmp_path_factory.mktemp("stores")
    return [
        Machine("local", folder, base_image),
        Machine("docker", folder, base_image),
        OnKubeflow(kfp, folder, base_image),
        OnAirflow("airflow3", airflow3, folder, base_image),
        OnAirflow("airflow2", airflow2, folder, base_image),
        OnPrefect(prefect, folder, base_image),
    ]


def run_everywhere(
    targets: Iterable[Target],
    name: str,
    parameters: Callable[[Target], dict[str, object]],
    meddle: Callable[[Target, Path], None] | None = None,
) -> Answers:
    """For each target the engine's own final state and the run's document.

    ``meddle`` is called once a step has left its mark, with the folder of the run's marks.
    """

    def run(target: Target) -> tuple[str, dict[str, Any]]:
        before = run_ids(target.store)
        prepared = target.prepare(PIPELINES / f"{name}.py")
        known = marks(target)
        with ThreadPoolExecutor(1) as pool:
            state = pool.submit(target.run, prepared, parameters(target))
            if meddle is not None:
                meddle(target, new_marks(target, known))
            return state.result(), only_run(target.store, name, before)

    with ThreadPoolExecutor(3) as pool:
        targets = list(targets)
        return dict(zip([one.name for one in targets], pool.map(run, targets), strict=True))


def marks(target: Target) -> set[Path]:
    """Where each run's steps have left their marks."""
    return set(target.store.glob("marks/*"))


def new_marks(target: Target, known: set[Path]) -> Path:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for folder in marks(target) - known:
            if any(not mark.name.startswith(".") for mark in folder.iterdir()):
                return folder
        time.sleep(0.1)
    pytest.fail(f"nothing began on {target.name}")


def statuses(answers: Answers) -> dict[str, dict[str, str]]:
    return {
        name: {step["id"]: step["status"] for step in document["steps"]}
        for name, (_, document) in answers.items()
    }


def side_by_side(target: Target) -> dict[str, object]:
    """Kubeflow's local runner has one step run after the other: there nobody need wait."""
    return {"patience": 0.0 if target.name == "kubeflow" else 90.0}


def nothing(_: Target) -> dict[str, object]:
    return {}


def test_a_failure_ends_what_runs(targets: list[Target], record_table: RecordTable) -> None:
    parallel = [target for target in targets if target.name != "kubeflow"]
    answers = run_everywhere(parallel, "failing_fast", side_by_side)
    shown = statuses(answers)
    record_table("fail_fast: statuses", shown)
    for name, (state, document) in answers.items():
        assert state in FAILED, name
        assert document["status"] == "failed", name
        assert shown[name] == {
            "begin": "completed",
            "beside": "cancelled",
            "below": "skipped",
            "fail": "failed",
        }, name
        reasons = {step["id"]: step["reason"] for step in document["steps"]}
        assert reasons["beside"] == "cancelled while it ran: step 'fail' failed", name


def test_a_failure_lets_what_runs_end(targets: list[Target], record_table: RecordTable) -> None:
    answers = run_everywhere(targets, "draining", side_by_side)
    shown = statuses(answers)
    record_table("stop_on_failure: statuses", shown)
    for name, (state, document) in answers.items():
        assert state in FAILED, name
        assert document["status"] == "failed", name
        expected = [{"fail": "failed", "beside": "completed", "below": "cancelled"}]
        if name == "kubeflow":
            # Nothing runs beside anything there, and which of two goes first is left to chance.
            expected.append({"fail": "failed", "beside": "cancelled", "below": "skipped"})
            expected.append({"fail": "failed", "beside": "completed", "below": "completed"})
        assert shown[name] in expected, name


def test_the_time_of_a_run(targets: list[Target], record_table: RecordTable) -> None:
    answers = run_everywhere(targets, "timed", nothing)
    shown = statuses(answers)
    record_table("timeout of a run: statuses", shown)
    for name, (state, document) in answers.items():
        assert state in FAILED, name
        assert (document["status"], document["reason"]) == (
            "failed",
            "the run was ended after 20 s, its timeout",
        ), name
        assert shown[name] == {
            "begin": "completed",
            "endless": "cancelled",
            "below": "skipped",
        }, name


def cancel(target: Target, marked: Path) -> None:
    flowc("cancel", marked.name, "--store", f"file://{target.store}", "--wait")


def test_a_run_is_cancelled(targets: list[Target], record_table: RecordTable) -> None:
    answers = run_everywhere(targets, "waiting", nothing, cancel)
    shown = statuses(answers)
    record_table("flowc cancel: statuses", shown)
    for name, (state, document) in answers.items():
        assert state in ENDED, name
        check_cancelled(document, name)
        assert document["duration_s"] < 80, name


def check_cancelled(document: dict[str, Any], name: str) -> None:
    assert document["status"] == "cancelled", (name, document["steps"])
    assert {step["id"]: step["status"] for step in document["steps"]} == {
        "begin": "completed",
        "endless": "cancelled",
        "below": "skipped",
    }, name


def test_the_engines_own_way_to_end_a_run(targets: list[Target]) -> None:
    """A person marks the run as failed in Airflow, or cancels it in Prefect."""
    mine = [target for target in targets if target.name in {"airflow3", "airflow2", "prefect"}]
    with ThreadPoolExecutor(3) as pool:
        for target, document in zip(mine, pool.map(end_on_engine, mine), strict=True):
            check_cancelled(document, target.name)


def end_on_engine(target: Target) -> dict[str, Any]:
    before, known = run_ids(target.store), marks(target)
    prepared = target.prepare(PIPELINES / "waiting.py")
    if isinstance(target, OnAirflow):
        run = target.airflow.trigger(prepared)
        new_marks(target, known)
        target.airflow.cancel(prepared, run)
        assert target.airflow.wait(prepared, run).state == "failed"
    elif isinstance(target, OnPrefect):
        flow, _, deployment = prepared.partition("/")
        run = target.prefect.trigger(flow, deployment)
        new_marks(target, known)
        target.prefect.cancel(run)
        assert target.prefect.wait(run).state == "CANCELLED"
    deadline = time.monotonic() + 60
    document = only_run(target.store, "waiting", before)
    while document["status"] == "running" and time.monotonic() < deadline:
        time.sleep(0.5)
        document = only_run(target.store, "waiting", before)
    return document


def kill(target: Target, marked: Path) -> None:
    if target.name != "local":
        container = (marked / "lose").read_text()
        subprocess.run(["docker", "kill", container], check=True, capture_output=True)


def losses(target: Target) -> dict[str, object]:
    """On this machine there is no container that could be lost."""
    return {"lost": 0 if target.name == "local" else 1}


@pytest.mark.shows(
    "infrastructure_retries", on=["local", "docker", "kubeflow", "airflow", "prefect"]
)
def test_a_lost_container_is_started_again(
    targets: list[Target], record_table: RecordTable
) -> None:
    local, others = targets[0], targets[1:]
    answers = run_everywhere([local], "losing", losses)
    answers |= run_everywhere(others, "losing", losses, kill)
    shown = {
        name: {step["id"]: f"{step['status']} {step['attempts']}" for step in document["steps"]}
        for name, (_, document) in answers.items()
    }
    record_table("lost containers: status, attempts", shown)
    for target in targets:
        state, document = answers[target.name]
        assert state in FAILED, target.name
        attempts = 2 if target.name == "local" else 3
        expected = {"lose": f"completed {attempts}", "broken": "failed 1"}
        assert shown[target.name] == expected, target.name
        logs = Client(f"file://{target.store}").logs(document["run_id"])
        for step, text in logs.items():
            lines = [line for line in text.splitlines() if line.startswith("HOOK")]
            assert lines == [f"HOOK {step}"], (target.name, step)
