"""What is told before a run, and that nothing happens while it is told."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from flowc import driver
from tests.plan.projects import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIB = """\
RATE = 2


def shift(value: int) -> int:
    return value + RATE
"""

MAIN = """\
from flowc import pipeline, step
from lib import shift


@step
def load(rows: int) -> int:
    return shift(rows)


@step
def train(data: int, rate: float = 0.5) -> float:
    return data * rate


@step(enable_cache=False)
def report(result: float) -> None:
    print(result)


@pipeline
def inner(rows: int) -> float:
    return train(load(rows))


@pipeline
def outer(rows: int, more: int = 7) -> None:
    report(inner(rows, id="in"))
    load(more, id="other")
"""

SOURCE = "main.py:outer"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, {"main.py": MAIN, "lib.py": LIB})


def test_the_tables(project: Project, golden: Callable[[str, str], None]) -> None:
    told = [project.flowc("plan", SOURCE, "-p", "rows=1")]
    project.flowc("run", SOURCE, "-p", "rows=1", "--run-name", "first")
    told.append(project.flowc("plan", SOURCE, "-p", "rows=1"))
    project.edit(("lib.py", "RATE = 2", "RATE = 3"), ("main.py", "data * rate", "rate * data"))
    told.append(project.flowc("plan", SOURCE, "-p", "rows=5"))
    run = json.loads(project.flowc("runs", "show", "first", "--json"))["run_id"]
    golden("tables.txt", "\n".join(told).replace(run, "RUN"))


def test_the_document(project: Project) -> None:
    project.flowc("run", SOURCE, "-p", "rows=1")
    project.edit(("lib.py", "RATE = 2", "RATE = 3"))
    document = json.loads(project.flowc("plan", SOURCE, "-p", "rows=2", "--json"))
    assert {name: document[name] for name in ("pipeline", "target", "store", "parameters")} == {
        "pipeline": "outer",
        "target": "local",
        "store": project.store,
        "parameters": {"rows": 2, "more": 7},
    }
    load, train, *_ = document["steps"]
    assert [cause["kind"] for cause in load["causes"]] == ["constant", "parameter"]
    assert load["causes"][0]["where"] == "lib.py:1"
    assert (train["status"], train["depends_on"], train["cache_key"]) == (
        "unknown",
        ["in.load"],
        None,
    )


def test_nothing_is_executed_or_written(project: Project) -> None:
    before = sorted(path for path in project.folder.parent.rglob("*"))
    project.flowc("plan", SOURCE, "-p", "rows=1")
    project.flowc("plan", SOURCE, "-p", "rows=1", "--json")
    assert sorted(path for path in project.folder.parent.rglob("*")) == before


def test_a_hit_has_the_key_of_the_run(project: Project) -> None:
    run = json.loads(project.flowc("run", SOURCE, "-p", "rows=1", "--json"))
    document = json.loads(project.flowc("plan", SOURCE, "-p", "rows=1", "--json"))
    keys = {step["id"]: step["cache_key"] for step in run["steps"]}
    hits = [step for step in document["steps"] if step["status"] == "hit"]
    assert {step["id"]: step["cache_key"] for step in hits} == {
        id_: key for id_, key in keys.items() if id_ != "report"
    }
    assert {step["run"] for step in hits} == {run["run_id"]}


def test_a_missing_parameter_is_refused_as_run_does(project: Project) -> None:
    planned, run = project.fails("plan", SOURCE), project.fails("run", SOURCE)
    assert planned == run
    assert "not given its parameter 'rows'" in planned[1]


def test_python_is_told_the_same(project: Project) -> None:
    project.flowc("run", SOURCE, "-p", "rows=1")

    def plan() -> list[list[str]]:
        document = driver.load_pipeline(SOURCE).plan(rows=2)
        return [[step["id"], step["status"], step["reason"]] for step in document["steps"]]

    told = json.loads(project.flowc("plan", SOURCE, "-p", "rows=2", "--json"))["steps"]
    assert project.call(plan) == [[step["id"], step["status"], step["reason"]] for step in told]


def test_after_the_fact_a_run_says_the_same(project: Project) -> None:
    project.flowc("run", SOURCE, "-p", "rows=1")
    project.edit(("lib.py", "+ RATE", "- RATE"))
    planned = project.plan(SOURCE, "-p", "rows=1")
    project.flowc("run", SOURCE, "-p", "rows=1")
    project.edit(("lib.py", "- RATE", "* RATE"))
    project.flowc("run", SOURCE, "-p", "rows=1", "--run-name", "third")
    ids = [line.split()[0] for line in project.flowc("runs", "list").splitlines()[1:]]
    shown = project.show(ids[1])
    assert {id_: step["reason"] for id_, step in shown.items()} == {
        "in.load": planned["in.load"]["reason"],
        "in.train": "input `data` differs",
        "report": planned["report"]["reason"],
        "other": planned["other"]["reason"],
    }
    assert planned["other"]["reason"] == "helper `shift` in `lib.py:4` changed"


def test_a_failure_is_compared_with(project: Project) -> None:
    project.edit(("lib.py", "return value", "return value / 0 if value < 7 else value"))
    run = json.loads(project.flowc("run", SOURCE, "-p", "rows=1", "--json", status=1))["run_id"]
    load = project.plan(SOURCE, "-p", "rows=1")["in.load"]
    assert load["reason"] == f"no entry yet: it failed in run '{run}'"
    project.edit(("lib.py", "value / 0 if value < 7 else value", "value"))
    load = project.plan(SOURCE, "-p", "rows=1")["in.load"]
    assert load["reason"] == "helper `shift` in `lib.py:4` changed"


def test_contents_that_are_gone_or_damaged(project: Project) -> None:
    project.flowc("run", SOURCE, "-p", "rows=1")
    for path in (project.folder.parent / "store" / "cas").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"damaged")
    planned = project.plan(SOURCE, "-p", "rows=1")
    assert planned["other"]["status"] == "miss"
    assert planned["other"]["reason"] == "the cache entry's contents are gone or damaged"
    assert planned["in.train"]["status"] == "unknown"
    ended = project.run(SOURCE, "-p", "rows=1")
    assert ended["other"]["reason"] == planned["other"]["reason"]


def test_an_entry_that_is_gone(project: Project) -> None:
    run = json.loads(project.flowc("run", SOURCE, "-p", "rows=1", "--json"))["run_id"]
    shutil.rmtree(project.folder.parent / "store" / "actions")
    planned = project.plan(SOURCE, "-p", "rows=1")
    assert planned["other"]["reason"] == f"the entry of run '{run}' is gone"


def test_a_step_that_was_not_cached_before(project: Project) -> None:
    run = json.loads(project.flowc("run", SOURCE, "-p", "rows=1", "--json"))["run_id"]
    project.edit(("main.py", "@step(enable_cache=False)", "@step"))
    reason = f"no entry yet: caching was off for it in run '{run}'"
    assert project.plan(SOURCE, "-p", "rows=1")["report"]["reason"] == reason
    assert project.run(SOURCE, "-p", "rows=1")["report"]["reason"] == reason


def test_a_call_on_import_is_no_run(project: Project) -> None:
    project.edit(("main.py", 'id="other")\n', 'id="other")\n\n\nfinished = outer(rows=4)\n'))
    assert project.plan(SOURCE, "-p", "rows=1")["other"]["status"] == "miss"
    assert not (project.folder.parent / "store").exists()
    project.run(SOURCE, "-p", "rows=1")
    assert len(list((project.folder.parent / "store" / "runs").iterdir())) == 1
    project.edit(("main.py", "outer(rows=4)", "outer(rows=5)"))
    assert project.plan(SOURCE, "-p", "rows=1")["other"]["status"] == "hit"
    project.edit(("main.py", "outer(rows=5)", "outer(rows=5)\nprint(finished['status'])"))
    status, refused = project.fails("plan", SOURCE, "-p", "rows=1")
    assert status == 2
    assert "pipeline 'outer' has no run: its module is only imported" in refused


def test_code_that_cannot_be_told_says_why(project: Project) -> None:
    project.edit(("lib.py", "RATE = 2", "RATE = open(__file__)"))
    reason = project.plan(SOURCE, "-p", "rows=1")["other"]["reason"]
    assert reason.startswith("caching is off for this step: lib.RATE (lib.py:1) is computed")


def test_a_renamed_pipeline_is_compared_with_the_one_before(project: Project) -> None:
    project.flowc("run", SOURCE, "-p", "rows=1")
    project.edit(("main.py", "def outer", "def another"), ("lib.py", "RATE = 2", "RATE = 3"))
    planned = project.plan("main.py:another", "-p", "rows=1")
    assert planned["other"]["reason"] == "constant `RATE` in `lib.py:1` changed"
    assert planned["in.train"]["reason"] == "depends on the result of `in.load`"


def test_where_images_decide_the_versions_it_says_so(project: Project) -> None:
    project.flowc("run", SOURCE, "-p", "rows=1")
    planned = project.plan(SOURCE, "-p", "rows=1", "--target", "docker")
    assert planned["other"]["status"] == "unknown"
    assert planned["other"]["reason"] == "depends on the versions in its image"


def test_engines_may_be_asked_about_too(project: Project) -> None:
    for target in ("airflow", "airflow==2.11"):
        planned = project.plan(SOURCE, "-p", "rows=1", "--target", target)
        assert planned["report"]["status"] == "miss"
    status, said = project.fails("plan", SOURCE, "-p", "rows=1", "--target", "airflw")
    assert (status, "did you mean 'airflow'" in said) == (2, True)
    status, said = project.fails("plan", SOURCE, "-p", "rows=1", "--target", "airflow==1")
    assert (status, "a version that flowc does not compile for" in said) == (2, True)


def test_what_is_said_of_images_needs_a_target_with_images(project: Project) -> None:
    status, said = project.fails("plan", SOURCE, "--parent-image", "mine:1")
    assert (status, "--parent-image is about images" in said) == (2, True)


def test_a_run_configuration_counts(project: Project) -> None:
    project.flowc("run", SOURCE, "-p", "rows=1")
    project.write("run.yaml", "parameters: {rows: 2}\nsteps: {other: {enable_cache: false}}\n")
    planned = project.plan(SOURCE, "--config", "run.yaml")
    assert planned["in.load"]["reason"] == "parameter `rows` differs: 1 -> 2"
    assert planned["other"]["reason"] == "caching is off for this step"


def test_a_step_called_on_its_own_is_explained_too(project: Project) -> None:
    def call() -> int:
        driver.load_pipeline(SOURCE)
        value: int = sys.modules["main"].load(1)
        return value

    assert project.call(call) == 3
    project.edit(("lib.py", "RATE = 2", "RATE = 3"))
    assert project.call(call) == 4
    listed = sorted((project.folder.parent / "store" / "names" / "steps" / "load").iterdir())
    first, second = (project.show(path.name.partition("-")[2])["load"] for path in listed)
    assert first["reason"] == "no entry yet"
    assert second["reason"] == "constant `RATE` in `lib.py:1` changed"
