"""What `bundle.pyz step ID` does with a step that goes well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.interpreters import interpreters
from tests.runtime.bundles import RUN, output, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.contract import InputSpec
    from tests.runtime.bundles import Bundle

AUTHOR = """
def one():
    print("one line")
    return 1

def add(a, b):
    return a + b

def pair():
    return 1, "x"

def total(numbers, named, both):
    return sum(numbers) + sum(named.values()) + sum(both)

def nothing():
    return object()

def context():
    from flowc_runtime.context import get_step_context
    found = get_step_context()
    return [
        found.step_run.name, found.step_run.attempt, found.pipeline_run.id, found.pipeline.name,
    ]

def config(n):
    from flowc_runtime.context import get_step_context
    return get_step_context().step_run.config.parameters

def data():
    import pathlib
    return (pathlib.Path(__file__).parent / "pipeline.txt").exists()
"""


def test_completed(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one"))
    done = made.step("one")
    assert (done.returncode, done.stdout) == (0, b"one line\n")
    result = made.result("one")
    assert (result["status"], result["attempts"]) == ("completed", 1)
    assert made.value("one") == 1
    assert made.log("one") == b"one line\n"
    assert made.attempts("one")[0]["outcome"] == "completed"


def test_outputs_reach_the_steps_below(bundle: Callable[..., Bundle]) -> None:
    below = step("add", inputs={"a": output("one"), "b": {"value": 2}}, upstream=["one"])
    made = bundle(AUTHOR, step("one"), below)
    made.step("one")
    made.step("add")
    assert made.value("add") == 3


def test_several_outputs_by_name(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("pair", outputs=["a", "b"]))
    made.step("pair")
    assert (made.value("pair", "a"), made.value("pair", "b")) == (1, "x")


def test_collections_of_outputs(bundle: Callable[..., Bundle]) -> None:
    inputs: dict[str, InputSpec] = {
        "numbers": {"list": [output("one"), {"value": 5}]},
        "named": {"dict": [["x", output("one")]]},
        "both": {"tuple": [output("one"), output("one")]},
    }
    made = bundle(AUTHOR, step("one"), step("total", inputs=inputs, upstream=["one"]))
    made.step("one")
    made.step("total")
    assert made.value("total") == 9


def test_what_a_step_without_outputs_returns_is_dropped(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("nothing", outputs=[]))
    assert made.step("nothing").returncode == 0
    assert made.result("nothing")["outputs"] == {}


def test_a_second_run_is_cached(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one"))
    made.step("one")
    done = made.step("one", run="p-2")
    second = made.result("one", run="p-2")
    assert (done.returncode, done.stdout) == (0, b"")
    assert (second["status"], second["origin"], second["attempts"]) == ("cached", RUN, 0)
    assert second["outputs"] == made.result("one")["outputs"]


@pytest.mark.parametrize("how", ["step", "run"])
def test_caching_can_be_off(bundle: Callable[..., Bundle], how: str) -> None:
    made = bundle(AUTHOR, step("one", cache=how == "run"))
    made.step("one")
    made.step("one", *(["--no-cache"] if how == "run" else []), run="p-2")
    assert made.result("one", run="p-2")["status"] == "completed"


def test_a_parameter_arrives_with_its_type(bundle: Callable[..., Bundle]) -> None:
    declared = {"n": {"type": {"kind": "int"}, "default": 1}}
    made = bundle(AUTHOR, step("config", inputs={"n": {"parameter": "n"}}), parameters=declared)
    made.step("config", "--param", f"n={2**70}")
    assert made.value("config") == {"n": 2**70}
    assert made.record(f"runs/{RUN}/run.json")["parameters"] == {"n": 2**70}


def test_a_parameter_of_a_class_of_the_authors(bundle: Callable[..., Bundle]) -> None:
    author = """
from dataclasses import dataclass
@dataclass
class Options:
    depth: int
def deepen(options): return options.depth + 1
"""
    declared = {"o": {"type": {"kind": "class", "name": "author:Options"}}}
    spec = step("deepen", inputs={"options": {"parameter": "o"}}, retries=5)
    made = bundle(author, spec, parameters=declared)
    made.step("deepen", "--param", 'o={"depth": 2}')
    assert made.value("deepen") == 3
    made.step("deepen", "--param", 'o={"depth": 2}', run="p-2")
    assert made.result("deepen", run="p-2")["status"] == "cached"
    done = made.step("deepen", "--param", 'o={"width": 2}', run="p-3")
    assert done.returncode == 2
    assert made.result("deepen", run="p-3")["attempts"] == 1


def test_a_default_fills_in(bundle: Callable[..., Bundle]) -> None:
    declared = {"n": {"type": {"kind": "int"}, "default": 1}}
    made = bundle(AUTHOR, step("config", inputs={"n": {"parameter": "n"}}), parameters=declared)
    made.step("config")
    assert made.value("config") == {"n": 1}


def test_the_context_of_a_step(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("me", "context"))
    made.step("me")
    assert made.value("me") == ["me", 1, RUN, "p"]


def test_the_run_is_recorded_and_listed_once(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one"), step("add", upstream=["one"]))
    made.step("one", "--target", "airflow", "--run-name", "nightly")
    made.step("add", "--target", "airflow", "--run-name", "another")
    record = made.record(f"runs/{RUN}/run.json")
    assert (record["name"], record["target"], record["pipeline"]) == ("nightly", "airflow", "p")
    assert [(each["id"], each["upstream"]) for each in record["steps"]] == [
        ("one", []),
        ("add", ["one"]),
    ]
    assert len(made.store.list("names/pipelines/p/")) == 1


def test_the_engines_run_names_ours(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one"))
    made.call("step", "one", "--engine-run", "dag/manual 1")
    (key,) = made.store.list("runs/p-")[:1]
    record = made.record(f"{key.split('/steps/')[0].removesuffix('/run.json')}/run.json")
    assert record["engine_run"] == "dag/manual 1"
    assert record["run"].startswith("p-")


def test_binary_garbage_and_huge_lines_are_kept(bundle: Callable[..., Bundle]) -> None:
    author = """
import os
def one():
    os.write(1, bytes(range(256)))
    os.write(2, b"x" * 3_000_000)
    print("\\udc80 end")
"""
    made = bundle(author, step("one", outputs=[]))
    done = made.step("one")
    expected = bytes(range(256)) + b"x" * 3_000_000 + b"\\udc80 end\n"
    assert (done.returncode, done.stdout) == (0, expected)
    assert made.log("one") == expected


def test_a_grandchild_does_not_hold_the_step_up(bundle: Callable[..., Bundle]) -> None:
    author = """
import subprocess
def one():
    subprocess.Popen(["sleep", "30"])
    return 1
"""
    made = bundle(author, step("one"))
    assert made.step("one").returncode == 0
    result = made.result("one")
    assert result["status"] == "completed"
    assert result["ended"] - result["started"] < 10


def test_threads_and_exit_functions_end_as_usual(bundle: Callable[..., Bundle]) -> None:
    author = """
import atexit, threading, time
def later():
    time.sleep(0.2)
    print("thread")
def one():
    atexit.register(print, "exit function")
    threading.Thread(target=later).start()
    print("function")
"""
    made = bundle(author, step("one", outputs=[]))
    assert made.step("one").stdout == b"function\nthread\nexit function\n"


def test_data_files_are_found_beside_modules(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("data"))
    (made.folder / "src" / "pipeline.txt").write_text("x")
    made.step("data")
    assert made.value("data") is True


@pytest.mark.parametrize("version", interpreters())
def test_needs_nothing_but_the_standard_library(
    bundle: Callable[..., Bundle], version: str
) -> None:
    made = bundle(AUTHOR, step("one"))
    python = [interpreters()[version], "-I", "-S"]
    done = made.call("step", "one", "--run", RUN, python=python)
    assert (done.returncode, made.value("one")) == (0, 1)


def test_the_hot_path_imports_little(bundle: Callable[..., Bundle]) -> None:
    made = bundle("def one(): return 1\n", step("one"))
    python = [interpreters()["3.11"], "-S", "-X", "importtime"] if "3.11" in interpreters() else []
    if not python:
        return
    done = made.call("step", "one", "--run", RUN, python=python)
    imported = {line.split(b"|")[-1].strip().decode() for line in done.stderr.splitlines()}
    slow = {"typing", "dataclasses", "pathlib", "tempfile", "subprocess", "inspect", "logging"}
    assert not imported & (slow | {"socket", "traceback", "argparse", "threading", "random"})


def test_run_json_is_plain(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one"))
    made.step("one")
    assert json.loads(made.store.get(f"runs/{RUN}/run.json"))["protocol"] == 1
