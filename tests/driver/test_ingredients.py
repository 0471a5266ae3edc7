"""What a compiled pipeline says of its steps' cache keys, and what the records of a run keep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowc.driver.front import prepare
from flowc.driver.loading import load_pipeline
from flowc_runtime import contract, keys
from flowc_runtime.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from flowc_runtime.contract import PipelineSpec

SOURCE = """
import numpy
from flowc import pipeline, step

LIMIT = 3

def shift(value):
    return value + LIMIT

@step
def load() -> int:
    return int(numpy.int64(1))

@step
def clean(value: int) -> int:
    return shift(value)

@step
def fail(value: int) -> int:
    raise ValueError(shift(value))

@pipeline
def named():
    fail(clean(load()))
"""


@pytest.fixture
def spec(tmp_path: Path) -> PipelineSpec:
    file = tmp_path / "named.py"
    file.write_text(SOURCE)
    return prepare(load_pipeline(str(file))).spec


def test_the_parts_of_each_steps_code(spec: PipelineSpec) -> None:
    parts = {step["id"]: keys.code_parts(spec, step) for step in spec["steps"]}
    assert [part[:3] for part in parts["clean"]] == [
        ["constant", "named.LIMIT", "named.py:5"],
        ["function", "named.clean", "named.py:14"],
        ["function", "named.shift", "named.py:7"],
    ]
    assert [part[:2] for part in parts["load"]] == [
        ["function", "named.load"],
        ["import", "named.numpy"],
    ]
    assert parts["clean"][0] in parts["fail"]


def test_the_distributions_of_each_steps_code(spec: PipelineSpec) -> None:
    versions = [step["ingredients"]["versions"] for step in spec["steps"]]
    assert versions == [
        {"level": "minor", "distributions": names} for names in (["numpy"], [], [])
    ]


def test_what_entries_and_failed_results_keep(
    tmp_path: Path, spec: PipelineSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowc.errors import RunFailed

    monkeypatch.setenv("FLOWC_STORE", f"file:{tmp_path}/store")
    with pytest.raises(RunFailed) as raised:
        load_pipeline(str(tmp_path / "named.py"))()
    store = open_store(f"file:{tmp_path}/store")

    def read(key: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(store.get(key))
        return document

    results = {
        step["id"]: read(contract.result_key(raised.value.run, step["id"], 1))
        for step in spec["steps"]
    }
    entry = read(contract.action_key(results["clean"]["cache_key"]))
    clean, fail = spec["steps"][1:]
    assert entry["code"] == keys.code_parts(spec, clean)
    assert entry["ingredients"]["ingredients"] == clean["ingredients"]
    assert results["fail"]["code"] == keys.code_parts(spec, fail)
    assert results["fail"]["ingredients"]["ingredients"] == fail["ingredients"]
    assert "code" not in results["clean"]
