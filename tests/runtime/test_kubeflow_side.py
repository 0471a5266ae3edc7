"""The executor input that Kubeflow's launcher passes, and the executor output it expects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowc_runtime import executor
from tests.runtime.bundles import RUN, step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runtime.bundles import Bundle

AUTHOR = "def bad(): raise ValueError\ndef one(n, s): return [n, s]\n"


def test_parameters_and_outputs(bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    declared = {"n": {"type": {"kind": "int"}}, "s": {"type": {"kind": "str"}}}
    inputs = {"n": {"parameter": "n"}, "s": {"parameter": "s"}}
    made = bundle(AUTHOR, step("one", inputs=inputs), parameters=declared)
    artifact = {"name": "x", "uri": str(tmp_path / "out" / "output"), "metadata": {"a": 1}}
    document = {
        "inputs": {"parameterValues": {"n": 3.0, "s": 'a "quoted" {{$.x}}'}},
        "outputs": {
            "outputFile": str(tmp_path / "meta" / "executor_output.json"),
            "artifacts": {"output": {"artifacts": [artifact]}},
        },
    }
    assert made.step("one", "--executor-input", json.dumps(document)).returncode == 0
    assert made.value("one") == [3, 'a "quoted" {{$.x}}']
    stored = made.result("one")["outputs"]["output"]
    told = json.loads((tmp_path / "meta" / "executor_output.json").read_text())
    (described,) = told["artifacts"]["output"]["artifacts"]
    assert (described["name"], described["uri"]) == ("x", artifact["uri"])
    assert described["metadata"]["a"] == 1
    assert described["metadata"]["flowc_digest"] == stored["digest"]
    assert described["metadata"]["flowc_store_uri"] == f"{made.store.uri}/{stored['uri']}"
    pointer = json.loads((tmp_path / "out" / "output").read_text())
    assert pointer["digest"] == stored["digest"]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("plain", "str", '"plain"'),
        ("[1, 2]", "list", "[1, 2]"),
        (5.0, "int", "5"),
        (5.5, "int", "5.5"),
        (1e300, "float", "1e+300"),
        (True, "bool", "true"),
        ({"a": 1.0}, "dict", '{"a": 1.0}'),
    ],
)
def test_how_parameters_become_text(value: Any, kind: str, text: str) -> None:
    document = {"inputs": {"parameterValues": {"p": value}}}
    assert executor.parameter_texts(document, {"p": {"type": {"kind": kind}}}) == {"p": text}  # type: ignore[typeddict-item]


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_the_engine_goes_on_after_a_soft_failure(
    bundle: Callable[..., Bundle], status: str
) -> None:
    made = bundle(AUTHOR, step("bad"), step("below", "bad", upstream=["bad"]))
    assert made.step("bad", "--soft-fail").returncode == 0
    assert made.step("below", "--soft-fail").returncode == 0
    assert made.result({"failed": "bad", "skipped": "below"}[status])["status"] == status
    assert made.call("finalise", "--run", RUN).returncode == 1
