from __future__ import annotations

import json
import typing
from typing import TYPE_CHECKING

import pytest

from flowc.cli.compile import EXECUTORS, SHIP
from flowc.cli.options import PIP
from flowc.registry import BuildOptions, Executor, Ship

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

SOURCE = """
from flowc import pipeline, step

@step
def make(n: int) -> int:
    return n

@pipeline
def shaped(n: int = 1, times: int = 2):
    for _ in range(times):
        make(n)
"""

ENGINE = ("--target", "airflow", "--no-build", "--store", "s3://bucket/flowc")


@pytest.fixture
def source(flowc: CommandLine) -> str:
    return flowc.write("shaped_pipeline.py", SOURCE)


def test_the_report_for_people(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, *ENGINE, "-p", "times=3")
    assert (outcome.status, outcome.out) == (0, "")
    lines = outcome.err.splitlines()
    assert lines[0] == "compiled shaped for airflow into build/airflow/shaped/"
    assert "  shaped.py" in lines
    assert "run-time parameters: n" in lines
    assert any(line.startswith("bound at compile time: times = 3 (") for line in lines)
    assert (flowc.folder / "build/airflow/shaped/shaped.py").is_file()


def test_the_report_as_json(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, *ENGINE, "--out", "here", "--json")
    report = json.loads(outcome.out)
    assert (report["pipeline"], report["target"], report["out"]) == ("shaped", "airflow", "here")
    assert sorted(report["files"]) == report["files"]
    assert all((flowc.folder / "here" / file).is_file() for file in report["files"])
    assert report["runtime_parameters"] == ["n"]
    (bound,) = report["bound_parameters"]
    assert (bound["name"], bound["value"]) == ("times", 2)


def test_a_process_has_its_bundle_beside_it(flowc: CommandLine, source: str) -> None:
    options = ("--executor", "process", "--python", "/opt/python", "--out", "here")
    outcome = flowc("compile", source, *ENGINE, *options)
    assert (outcome.status, outcome.out) == (0, "")
    [bundle] = (flowc.folder / "here/shaped.bundle").glob("*.pyz")
    text = (flowc.folder / "here/shaped.py").read_text()
    assert f'"{bundle.name}"' in text
    assert 'PYTHON = "/opt/python"' in text


def test_an_executor_that_there_is_not(flowc: CommandLine, source: str) -> None:
    outcome = flowc(
        "compile", source, "-t", "kubeflow", "--store", "s3://b", "--executor", "docker"
    )
    assert (outcome.status, outcome.out) == (2, "")
    assert "the target 'kubeflow' has no executor 'docker'" in outcome.err
    assert not (flowc.folder / "build").exists()


def test_a_refusal_writes_nothing(flowc: CommandLine, source: str) -> None:
    outcome = flowc(
        "compile", source, "--target", "airflow", "--no-build", "--store", "file:/data"
    )
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ")
    assert not (flowc.folder / "build").exists()


def test_volumes_reach_the_backend(flowc: CommandLine, source: str) -> None:
    where = ("--store", "file:/data/flowc", "--volume", "/srv/flowc:/data")
    outcome = flowc("compile", source, "-t", "airflow", "--no-build", "-o", "b", *where)
    assert outcome.status == 0, outcome.err
    assert "/srv/flowc" in (flowc.folder / "b/shaped.py").read_text(encoding="utf-8")


def test_the_choices_are_the_registrys() -> None:
    assert typing.get_args(Ship) == SHIP
    assert typing.get_args(Executor) == EXECUTORS
    assert typing.get_args(typing.get_type_hints(BuildOptions)["pip"]) == PIP
