"""The cases that KFP's local runner cannot show, with the commands of their packages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flowc.driver import compile_pipeline, load_pipeline, trace
from flowc.registry import Volume
from flowc_backends.kubeflow.parameters import argument
from flowc_runtime.contract import run_id
from tests.conformance.catalogue import entries, place
from tests.conformance.here import Silent
from tests.conformance.judge import judge
from tests.conformance.package import Package
from tests.conformance.seen import look

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.catalogue import Entry

CASES = [entry for entry in entries() if "kubeflow" in entry.case.not_run]
SHOWN = ("fail_fast", "parallel", "scheduled_time", "stop_on_failure")


def test_these_are_all_that_is_shown_nowhere_else() -> None:
    assert sorted(feature for entry in CASES for feature in entry.case.shows) == [*SHOWN]


@pytest.mark.shows(*SHOWN, on=["kubeflow"])
@pytest.mark.parametrize("entry", CASES, ids=lambda entry: entry.name)
def test_kubeflow_side_by_side(entry: Entry, tmp_path: Path) -> None:
    pipeline = load_pipeline(f"{place(entry, tmp_path / 'source')}:{entry.name}")
    out, store = tmp_path / "build", f"file://{tmp_path}/store"
    compile_pipeline(
        pipeline,
        "kubeflow",
        out=str(out),
        parameters={},
        store="s3://bucket/flowc",
        ship="mount",
        bundles=Volume(source="bundles", target="", kind="pvc"),
        reporter=Silent(),
    )
    kinds = {one.name: one.type.kind for one in trace(pipeline, {}).parameters}
    for number, run in enumerate(entry.case.runs, 1):
        arguments = {
            name: argument(json.dumps(value), kinds[name])
            for name, value in run.parameters.items()
        }
        well = Package(out, store, f"run-{number}").execute(arguments)
        seen = look(store, run_id(entry.name, f"run-{number}"))
        assert judge(run, seen) == []
        assert well == (run.status == "completed")
