"""Runs that end before their steps do, on this machine, as a person sees them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.cli.conftest import CommandLine
    from tests.client.store_builder import StoreBuilder

SOURCE = """
import time
from flowc import pipeline, step

@step(enable_cache=False)
def bad(seconds: float = 0.7) -> int:
    time.sleep(seconds)
    raise ValueError("no")

@step(enable_cache=False)
def wait(seconds: float) -> float:
    time.sleep(seconds)
    return seconds

@step
def below(value: float) -> None: ...

@pipeline({options})
def controlled(long: float = 1.5, last: float = 0.0) -> None:
    below(wait(long))
    bad(0.7)
    wait(last, id="last")
"""


def run(flowc: CommandLine, options: str, *more: str) -> tuple[int, str, dict[str, str], float]:
    """The exit status, the run's status, its steps' and how long it took."""
    source = flowc.write("control_pipeline.py", SOURCE.replace("{options}", options))
    began = time.monotonic()
    outcome = flowc("run", source, "--max-parallel", "2", "--json", *more)
    took = time.monotonic() - began
    document = json.loads(outcome.out)
    steps = {step["id"]: step["status"] for step in document["steps"]}
    return outcome.status, document["status"], steps, took


@pytest.mark.parametrize(
    ("mode", "long", "wait", "below", "last"),
    [
        ("continue_on_failure", "1.5", "completed", "completed", "completed"),
        ("stop_on_failure", "1.5", "completed", "cancelled", "cancelled"),
        ("fail_fast", "60", "cancelled", "skipped", "cancelled"),
    ],
)
def test_what_a_failure_means_for_the_others(
    flowc: CommandLine, mode: str, long: str, wait: str, below: str, last: str
) -> None:
    status, overall, steps, took = run(flowc, f"execution_mode={mode!r}", "-p", f"long={long}")
    assert (status, overall) == (1, "failed")
    assert steps == {"wait": wait, "below": below, "bad": "failed", "last": last}
    assert took < 20


def test_the_time_of_a_run(flowc: CommandLine) -> None:
    status, overall, steps, took = run(flowc, "timeout=2", "-p", "long=60", "-p", "last=60")
    assert (status, overall) == (1, "failed")
    assert steps == {
        "wait": "cancelled",
        "below": "skipped",
        "bad": "failed",
        "last": "cancelled",
    }
    assert 2 <= took < 20


@contextmanager
def started(flowc: CommandLine) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A run in a process of its own, once a step has failed in it, and its id."""
    source = flowc.write("control_pipeline.py", SOURCE.replace("{options}", ""))
    command = [sys.executable, "-m", "flowc", "run", source, "-p", "long=60", "-p", "last=60"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert any(line.startswith("step bad  failed") for line in process.stderr)
        yield process, first.split()[1]


def test_a_run_is_cancelled_from_another_terminal(flowc: CommandLine) -> None:
    with started(flowc) as (process, id_):
        outcome = flowc("runs", "cancel", "latest", "--wait")
        assert (outcome.status, outcome.err) == (0, f"run {id_} cancelled\n")
        process.communicate(timeout=10)
    assert process.returncode == 130
    shown = json.loads(flowc("runs", "show", id_, "--json").out)
    assert shown["reason"] == "the run was cancelled"
    assert {step["id"]: step["status"] for step in shown["steps"]} == {
        "wait": "cancelled",
        "below": "skipped",
        "bad": "failed",
        "last": "cancelled",
    }
    again = flowc("cancel", id_)
    assert again.status == 2
    assert f"the run '{id_}' has ended already: it is cancelled" in again.err


def test_from_the_keyboard_after_a_failure(flowc: CommandLine) -> None:
    with started(flowc) as (process, id_):
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode == 130
    assert json.loads(flowc("runs", "show", id_, "--json").out)["status"] == "cancelled"


def test_there_is_no_such_run(flowc: CommandLine, built: StoreBuilder) -> None:
    built.run("train-1a2b3c4d", {"one": ()})
    outcome = flowc("runs", "cancel", "trian-1a2b3c4d")
    assert outcome.status == 2
    assert "did you mean 'train-1a2b3c4d'?" in outcome.err


def test_a_run_on_an_engine_is_cancelled_by_its_record(
    flowc: CommandLine, built: StoreBuilder
) -> None:
    built.run("train-1a2b3c4d", {"one": (), "two": ("one",)})
    built.attempt("train-1a2b3c4d", "one")
    outcome = flowc("runs", "cancel", "latest")
    assert (outcome.status, outcome.err) == (0, "run train-1a2b3c4d is being cancelled\n")
    stop: dict[str, Any] = json.loads(built.store.get("runs/train-1a2b3c4d/stop.json"))
    assert (stop["reason"], stop["how"], stop["step"]) == ("cancelled", "end", "")
