"""The run's name from its template: filled in by the first container, known to all of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowc_runtime import contract
from tests.runtime.bundles import RUN, Bundle, pipeline, step

if TYPE_CHECKING:
    from pathlib import Path

AUTHOR = """
from flowc_runtime.context import get_step_context
def one(): return get_step_context().pipeline_run.name
def two(): return get_step_context().pipeline_run.name
"""
N = {"n": {"type": {"kind": "int"}, "default": 3}}


def named(folder: Path, template: str, **substitutions: Any) -> Bundle:
    spec = pipeline(
        step("one", cache=False), step("two", cache=False, upstream=["one"]), parameters=N
    )
    spec["run_name"] = template
    spec["substitutions"] = substitutions
    return Bundle(folder, AUTHOR, spec)


def test_the_first_container_names_the_run_and_all_others_know(tmp_path: Path) -> None:
    made = named(tmp_path, "{pipeline} {team} {n:02d} {date}-{time}", team="blue")
    made.step("one", "--run-name", "the engine's", "--param", "n=4")
    made.step("two", "--run-name", "the engine's", "--param", "n=5")
    name = made.record(f"runs/{RUN}/run.json")["name"]
    assert re.fullmatch(r"p blue 04 \d{8}-\d{6}", name)
    assert (made.value("one"), made.value("two")) == (name, name)


def test_a_name_that_is_taken_gets_a_suffix(tmp_path: Path) -> None:
    made = named(tmp_path, "nightly")
    for run in ("p-1", "p-2", "p-3", "p-2"):
        made.call("step", "one", "--run", run)
    names = [made.record(f"runs/p-{number}/run.json")["name"] for number in (1, 2, 3)]
    assert names == ["nightly", "nightly-2", "nightly-3"]


def test_two_that_are_first_agree(tmp_path: Path) -> None:
    spec = pipeline(step("one", cache=False), step("two", cache=False))
    spec["run_name"] = "both"
    made = Bundle(tmp_path, AUTHOR, spec)
    made.store.put_if_absent(contract.run_name_key("both"), b"another")
    started = [made.start("step", id_, "--run", RUN) for id_ in ("one", "two")]
    for process in started:
        process.communicate(timeout=60)
    name = made.record(f"runs/{RUN}/run.json")["name"]
    assert (made.value("one"), made.value("two")) == (name, name)
    assert name in {"both-2", "both-3"}


def test_a_template_that_this_runs_values_break_does_not_fail_it(tmp_path: Path) -> None:
    made = named(tmp_path, "{n:02d}")
    done = made.step("one", "--run-name", "the engine's", "--param", 'n="four"')
    assert b"'{n:02d}' cannot be filled in" in done.stderr
    assert made.record(f"runs/{RUN}/run.json")["name"] == "the engine's"
