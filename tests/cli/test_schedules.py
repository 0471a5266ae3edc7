"""A pipeline that an engine starts by itself, and what its author is told about it."""

from __future__ import annotations

import ast
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from flowc_runtime.schedules import is_cron

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
    assert (
        ast.unparse(arguments["schedule"]) == "CronTriggerTimetable('0 3 * * 1-5', timezone='UTC')"
    )
    assert ast.literal_eval(arguments["catchup"]) is False


def test_prefect_starts_runs(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, "-t", "prefect", *ENGINE)
    assert outcome.status == 0, outcome.err
    document: Any = yaml.safe_load((flowc.folder / "out/prefect.yaml").read_bytes())
    [deployment] = document["deployments"]
    assert deployment["schedules"] == [{"cron": "0 3 * * 1-5", "timezone": "UTC"}]


def test_kubeflow_gets_a_recurring_run_beside_the_package(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, "-t", "kubeflow", *ENGINE)
    assert outcome.status == 0, outcome.err
    document = json.loads((flowc.folder / "out/recurring_run.json").read_text(encoding="utf-8"))
    assert document["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * 1-5"}}


@pytest.mark.parametrize("target", ["airflow", "kubeflow", "prefect"])
def test_the_manifest_has_the_schedule(flowc: CommandLine, source: str, target: str) -> None:
    assert flowc("compile", source, "-t", target, *ENGINE).status == 0
    manifest = json.loads((flowc.folder / "out/manifest.json").read_text(encoding="utf-8"))
    expected = {"cron": "0 3 * * 1-5", "timezone": "UTC", "catchup": False}
    assert manifest["schedule"] == expected


@pytest.mark.parametrize(
    ("target", "series"), [("airflow==3.1", "3"), ("prefect==3", "3"), ("kubeflow==2", "2")]
)
def test_a_version_is_asked_for(flowc: CommandLine, source: str, target: str, series: str) -> None:
    outcome = flowc("compile", source, "-t", target, *ENGINE[:-2])
    assert outcome.status == 0, outcome.err
    folder = flowc.folder / "build" / target.partition("==")[0] / "nightly"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["target"], manifest["version"]) == (target.partition("==")[0], series)


def test_a_version_that_nobody_knows(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, "-t", "airflow==2.9", *ENGINE)
    assert outcome.status == 2
    assert "the target 'airflow==2.9' asks for a version that flowc does not" in outcome.err
    assert "known: airflow==2.11, airflow==3" in outcome.err
    assert not (flowc.folder / "out").exists()


@pytest.mark.parametrize("target", ["local", "docker"])
def test_a_machine_starts_no_runs(flowc: CommandLine, source: str, target: str) -> None:
    outcome = flowc("compile", source, "-t", target, *ENGINE)
    assert outcome.status == 2
    assert f"the target '{target}' runs on this machine" in outcome.err


TIMED = """
from datetime import datetime
from flowc import INTERVAL_END, INTERVAL_START, SCHEDULED_TIME, Schedule, pipeline, step

@step
def show(when: datetime, since: str, until: str) -> list[str]:
    assert when.utcoffset() is not None
    return [when.isoformat(), since, until]

@pipeline(schedule=Schedule(interval=86400))
def timed(
    when: datetime = SCHEDULED_TIME, since: str = INTERVAL_START, until: str = INTERVAL_END
):
    show(when, since, until)
"""


NARROW = """
import time
from flowc import pipeline, step

@step
def work(number: int) -> int:
    time.sleep(0.2)
    return number

@pipeline(max_parallel_steps=1)
def narrow():
    for number in range(3):
        work(number)
"""


def test_a_run_here_was_scheduled_for_now(flowc: CommandLine) -> None:
    source = flowc.write("timed_pipeline.py", TIMED)
    document = json.loads(flowc("run", source, "--json").out)
    when, since, until = (document["parameters"][name] for name in ("when", "since", "until"))
    assert when == until
    passed = datetime.fromisoformat(until) - datetime.fromisoformat(since)
    assert passed.total_seconds() == 86400
    assert abs((datetime.now(timezone.utc) - datetime.fromisoformat(when)).total_seconds()) < 3600


def test_a_run_here_may_say_its_times(flowc: CommandLine) -> None:
    source = flowc.write("timed_pipeline.py", TIMED)
    given = ("-p", "when=2026-01-01T00:00:00Z", "-p", "since=then", "-p", "until=now")
    for status in ("completed", "cached"):
        document = json.loads(flowc("run", source, *given, "--json").out)
        assert document["steps"][0]["status"] == status
        assert document["parameters"]["since"] == "then"


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


def test_no_more_steps_than_allowed_at_the_same_time(flowc: CommandLine) -> None:
    source = flowc.write("narrow_pipeline.py", NARROW)
    document = json.loads(flowc("run", source, "--json").out)
    assert document["status"] == "completed"
    records = sorted((flowc.folder / ".flowc").glob("runs/*/steps/*/1/attempt-1.json"))
    attempts = [json.loads(record.read_text(encoding="utf-8")) for record in records]
    assert len(attempts) == 3
    first, second, third = sorted(attempts, key=lambda attempt: attempt["started"])
    assert first["ended"] <= second["started"]
    assert second["ended"] <= third["started"]


def test_a_machine_limits_no_runs(flowc: CommandLine) -> None:
    """Compiled for an engine that cannot, it is refused; a run here is somebody's wish."""
    source = flowc.write("narrow_pipeline.py", NARROW.replace("parallel_steps", "active_runs"))
    outcome = flowc("compile", source, "-t", "kubeflow", *ENGINE)
    assert outcome.status == 2
    assert "max_active_runs of a pipeline without a schedule is not supported" in outcome.err
    assert flowc("run", source).status == 0


def test_kubeflow_does_not_count_steps(flowc: CommandLine) -> None:
    source = flowc.write("narrow_pipeline.py", NARROW)
    outcome = flowc("compile", source, "-t", "kubeflow", *ENGINE)
    assert outcome.status == 2
    assert (
        "max_parallel_steps of pipeline 'narrow' is not supported by the target 'kubeflow'"
        in outcome.err
    )


def test_a_file_may_say_it(flowc: CommandLine, source: str) -> None:
    flowc.write("c.yaml", "schedule:\n  interval: 7200\n  start: 2026-01-01\n")
    assert flowc("compile", source, "-t", "kubeflow", "-c", "c.yaml", *ENGINE).status == 0
    document = json.loads((flowc.folder / "out/recurring_run.json").read_text(encoding="utf-8"))
    assert document["trigger"] == {
        "periodic_schedule": {"interval_second": "7200", "start_time": "2025-12-31T22:00:00Z"}
    }
    flowc.write("c.yaml", "schedule: 0 4 * * *\n")
    assert flowc("compile", source, "-t", "prefect", "-c", "c.yaml", *ENGINE).status == 2
    outcome = flowc("compile", source, "-t", "prefect", "-c", "c.yaml", *ENGINE[:-1], "other")
    assert outcome.status == 0, outcome.err
    text = (flowc.folder / "other/prefect.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["deployments"][0]["schedules"][0]["cron"] == "0 4 * * *"
