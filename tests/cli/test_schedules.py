"""A pipeline that an engine starts by itself, and what its author is told about it."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from flowc.authoring.schedule import is_cron

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

SOURCE = """
from flowc import CachePolicy, pipeline, step

@step
def load() -> int:
    return 1

@step
def look(where: str) -> int:
    return 2

@step(enable_cache=False)
def fetch() -> int:
    return 3

@step(cache_policy=CachePolicy(expires=60))
def ask() -> int:
    return 4

@step
def total(parts: list[int]) -> int:
    return sum(parts)

@pipeline(schedule="0 3 * * 1-5")
def nightly(where: str = "here"):
    total([load(), look(where), fetch(), ask()])
"""
ENGINE = ("--no-build", "--store", "s3://bucket/flowc", "--out", "out")


@pytest.fixture
def source(flowc: CommandLine) -> str:
    return flowc.write("nightly_pipeline.py", SOURCE)


def test_airflow_starts_runs(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, "-t", "airflow", *ENGINE)
    assert outcome.status == 0, outcome.err
    tree = ast.parse((flowc.folder / "out/nightly.py").read_text(encoding="utf-8"))
    [arguments] = [
        {word.arg: word.value for word in node.keywords}
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "DAG"
    ]
    assert ast.literal_eval(arguments["schedule"]) == "0 3 * * 1-5"
    assert ast.literal_eval(arguments["catchup"]) is False


def test_prefect_starts_runs(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, "-t", "prefect", *ENGINE)
    assert outcome.status == 0, outcome.err
    document: Any = yaml.safe_load((flowc.folder / "out/prefect.yaml").read_bytes())
    [deployment] = document["deployments"]
    assert deployment["schedules"] == [{"cron": "0 3 * * 1-5", "timezone": "UTC"}]


def test_kubeflow_gets_it_when_it_is_deployed(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, "-t", "kubeflow", *ENGINE)
    assert outcome.status == 0, outcome.err
    assert "the schedule '0 3 * * 1-5' becomes a recurring run when" in outcome.err
    recurring = json.loads((flowc.folder / "out/recurring_run.json").read_bytes())
    assert recurring["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * 1-5"}}


def test_steps_that_would_never_run_again_are_told(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, "-t", "airflow", *ENGINE)
    told = [line for line in outcome.err.splitlines() if "scheduled run after the first" in line]
    assert ["'load'" in told[0], "'look'" in told[1], len(told)] == [True, True, 2]
    assert "nightly_pipeline.py:4" in told[0]


def test_somebody_may_run_it_all_the_same(flowc: CommandLine, source: str) -> None:
    outcome = flowc("run", source)
    assert outcome.status == 0, outcome.err
    assert "scheduled run" not in outcome.err


def test_a_parameter_needs_a_default(flowc: CommandLine) -> None:
    source = flowc.write("open_pipeline.py", SOURCE.replace('where: str = "here"', "where: str"))
    outcome = flowc("compile", source, "-t", "airflow", *ENGINE)
    assert outcome.status == 2
    assert "its parameter 'where' has no default" in outcome.err


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "0 3 * * 1-5",
        "*/15 0-6,22 1,15 jan-MAR mon",
        "59 23 31 12 7",
        "5/10 1-5/2 * * *",
    ],
)
def test_what_is_a_schedule(text: str) -> None:
    assert is_cron(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "daily", "@daily", "* * * *", "* * * * * *", "60 * * * *", "0 24 * * *", "0 0 0 * *",
        "0 0 * 13 *", "0 0 * * 8", "5-1 * * * *", "*/0 * * * *", "1,,2 * * * *", "-1 * * * *",
        "x * * * *", "² * * * *", "mon * * * *",
    ],
)  # fmt: skip
def test_what_is_none(flowc: CommandLine, text: str) -> None:
    source = flowc.write("wrong_pipeline.py", SOURCE.replace("0 3 * * 1-5", text))
    outcome = flowc("compile", source, "-t", "airflow", *ENGINE)
    assert outcome.status == 2
    assert "pipeline 'nightly': schedule wants a cron expression" in outcome.err
