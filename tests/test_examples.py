"""The digits example: it runs, its parameters count, and its bytes are the same everywhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowc.client import Client

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
FLOWC = str(Path(sys.executable).with_name("flowc"))
DIGITS = ROOT / "examples" / "digits"
SETTLED = (
    "load.images",
    "split.test_images",
    "train_tree.output",
    "train_bayes.output",
    "write_report.report",
)
TITLE = "<b>\"Digits\" & {{ more }} {% x %} {{$.y}} $(z) 'q'\n\U0001f522"


def run(store: Path, *words: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The document of a run of the example; ``env`` changes what could change its bytes."""
    command = [FLOWC, "run", str(DIGITS / "pipeline.py"), "--json"]
    result = subprocess.run(
        [*command, "--store", store.as_uri(), *words],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def digests(document: dict[str, Any]) -> dict[str, str]:
    return {
        f"{step['id']}.{name}": output["digest"]
        for step in document["steps"]
        for name, output in step["outputs"].items()
    }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("digits") / "store"


@pytest.fixture(scope="module")
def first(store: Path) -> dict[str, Any]:
    return run(store)


def test_every_step_completes(first: dict[str, Any]) -> None:
    assert first["status"] == "completed"
    assert [step["id"] for step in first["steps"]] == [
        "load",
        "split",
        "train_tree",
        "train_bayes",
        "evaluate_tree",
        "evaluate_bayes",
        "pick_best",
        "write_report",
    ]


def test_the_models_have_learnt_something(first: dict[str, Any], store: Path) -> None:
    metrics = Client(store.as_uri()).artifact(first["run_id"], "write_report", "metrics")
    assert metrics.keys() == {"Tree", "Bayes"}
    assert all(0.8 < accuracy < 1 for accuracy in metrics.values())


def test_another_machine_would_write_the_same_bytes(first: dict[str, Any], tmp_path: Path) -> None:
    other = {"PYTHONHASHSEED": "7", "OPENBLAS_CORETYPE": "Prescott", "TZ": "Asia/Tokyo"}
    assert digests(run(tmp_path / "store", env=other)) == digests(first)


def test_changed_parameters_change_the_result(first: dict[str, Any], store: Path) -> None:
    hyperparameters = {"tree": {"max_depth": 3}, "bayes": {"alpha": 0.5}}
    changed = run(
        store, "-p", f"title={TITLE}", "-p", f"hyperparameters={json.dumps(hyperparameters)}"
    )
    before, after = digests(first), digests(changed)
    changed_by = {"train_tree.output", "train_bayes.output", "write_report.report"}
    assert all((before[name] != after[name]) == (name in changed_by) for name in SETTLED)
    report = Client(store.as_uri()).artifact(changed["run_id"], "write_report", "report")
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;&quot;Digits&quot; &amp; {{ more }} {% x %} {{$.y}} $(z)" in page
    assert (report / "mistakes.png").read_bytes().startswith(b"\x89PNG")


def test_its_requirements_are_the_lock_without_hashes() -> None:
    lock = (ROOT / "requirements" / "digits-image.txt").read_text(encoding="utf-8")
    pins = [pin.strip() for pin in re.findall(r"^(\w[^\\\n]*==[^\\\n]*)", lock, re.MULTILINE)]
    lines = (DIGITS / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == pins
