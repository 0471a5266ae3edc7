from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

SOURCE = r"""
import time
from flowc import pipeline, step

@step
def load(n: int) -> int:
    print("loading\x1b]0;title\x07")
    return n

@step
def check(x: int) -> int:
    if x > 5:
        raise ValueError("too\nlarge")
    time.sleep(x * 0.0 if x > 0 else 30)
    return x

@step
def report(x: int) -> None: ...

@pipeline
def small(n: int = 3):
    report(check(load(n)))
"""


@pytest.fixture
def source(flowc: CommandLine) -> str:
    return flowc.write("small_pipeline.py", SOURCE)


def test_a_run_that_completes(flowc: CommandLine, source: str) -> None:
    outcome = flowc("run", source)
    assert (outcome.status, outcome.out) == (0, "")
    lines = outcome.err.splitlines()
    run = lines[0].split()[1]
    assert lines[0] == f"run {run}  3 steps"
    assert "step check  running" in lines
    assert "load │ loading\\x1b]0;title\\x07" in lines
    assert lines[-2].startswith(f"run {run} completed in ")
    assert lines[-2].endswith(": 3 completed")
    assert lines[-1] == f"see: flowc runs show {run}"


def test_json_is_alone_on_standard_output(flowc: CommandLine, source: str) -> None:
    outcome = flowc("run", source, "--json", "-p", "n=2")
    document = json.loads(outcome.out)
    assert document["parameters"] == {"n": 2}
    shown = flowc("runs", "show", document["run_id"], "--json")
    assert json.loads(shown.out) == document


def test_a_second_run_is_cached_unless_told_otherwise(flowc: CommandLine, source: str) -> None:
    flowc("run", source)
    assert "3 cached" in flowc("run", source).err
    assert "3 completed" in flowc("run", source, "--no-cache").err


def test_a_failure_is_told_with_its_place_and_what_to_do(flowc: CommandLine, source: str) -> None:
    outcome = flowc("run", source, "-p", "n=9")
    assert outcome.status == 1
    run = outcome.err.split()[1]
    told = outcome.err[outcome.err.index(f"run {run} failed in") :].splitlines()
    assert told[0].endswith(": 1 completed, 1 failed, 1 skipped")
    assert told[1] == "  step check failed at small_pipeline.py:13: ValueError: too\\nlarge"
    assert told[-2:] == [f"see: flowc runs show {run}", f"     flowc runs logs {run} check"]


def test_a_named_store_is_part_of_the_advice(
    flowc: CommandLine, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"file:{flowc.folder}/a store"
    named = flowc("run", source, "--store", uri)
    assert named.err.splitlines()[-1].endswith(f" --store '{uri}'")
    monkeypatch.setenv("FLOWC_STORE", uri)
    configured = flowc("run", source)
    assert "--store" not in configured.err
    assert "3 cached" in configured.err


def test_an_import_error_shows_the_authors_frames_alone(flowc: CommandLine) -> None:
    flowc.write("broken_helper.py", "def make():\n    return 1 / 0\n")
    source = flowc.write("broken.py", "from broken_helper import make\n\nmake()\n")
    outcome = flowc("run", source)
    assert outcome.status == 2
    assert "ZeroDivisionError: division by zero" in outcome.err
    assert 'broken.py", line 3' in outcome.err
    assert 'broken_helper.py", line 2' in outcome.err
    for ours in ("flowc/driver", "flowc/cli", "importlib"):
        assert ours not in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "dokcer"], "did you mean 'docker'?"),
        (["--target", "airflow"], "does not run on this machine"),
        (["-p", "m=1"], "has no parameter 'm'"),
        (["-p", 'n="x"'], "'n'"),
    ],
)
def test_a_request_that_cannot_be_run(
    flowc: CommandLine, source: str, arguments: list[str], said: str
) -> None:
    outcome = flowc("run", source, *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err
    assert not (flowc.folder / ".flowc").exists()


def test_a_named_run_in_a_store_that_cannot_be_used(flowc: CommandLine, source: str) -> None:
    for named in ([], ["--run-name", "mine"]):
        outcome = flowc("run", source, *named, "--store", "s4://bucket")
        assert outcome.status == 2
        assert "error: unknown store scheme 's4:'" in outcome.err


def test_a_run_goes_on_when_nobody_listens(flowc: CommandLine, source: str) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "flowc", "run", source, "--run-name", "unheard"]
    done = subprocess.run(command, stderr=write, stdout=subprocess.PIPE, check=False)
    os.close(write)
    assert done.returncode == 0
    assert json.loads(flowc("runs", "show", "unheard", "--json").out)["status"] == "completed"


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_streams_may_be_closed(flowc: CommandLine, source: str, closed: str) -> None:
    command = f"exec {sys.executable} -m flowc run {source} {closed}"
    assert subprocess.run(command, shell=True, check=False).returncode == 0  # noqa: S602
    assert json.loads(flowc("runs", "list", "--json").out)[0]["status"] == "completed"


TICKS = """
import time
from flowc import pipeline, step

@step
def tick() -> None:
    while True:
        with open("ticks", "a") as file:
            file.write("x")
        time.sleep(0.05)

@pipeline
def ticking() -> None:
    tick()
"""


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGHUP, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_no_step_outlives_its_run(flowc: CommandLine, number: signal.Signals, status: int) -> None:
    command = [sys.executable, "-m", "flowc", "run", flowc.write("ticks.py", TICKS)]
    ticks = Path("ticks")
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these tests may run under `nohup`
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    signal.signal(signal.SIGHUP, before)
    with process:
        while not ticks.exists():
            time.sleep(0.05)
        process.send_signal(number)
    assert process.returncode == status
    deadline = time.monotonic() + 10
    while (size := ticks.stat().st_size) >= 0 and time.monotonic() < deadline:
        time.sleep(0.5)
        if ticks.stat().st_size == size:
            return
    pytest.fail("the step still runs")


def test_ctrl_c_ends_with_130_and_a_word(flowc: CommandLine, source: str) -> None:
    command = [sys.executable, "-m", "flowc", "run", source, "-p", "n=0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("step check"):
                break
        time.sleep(0.1)
        os.kill(process.pid, signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "cancelled" in rest


@pytest.mark.parametrize("option", ["--parent-image", "--pip"])
def test_what_is_said_of_images_needs_a_target_with_images(
    flowc: CommandLine, option: str
) -> None:
    outcome = flowc("run", "nothing.py", option, "host")
    assert (outcome.status, outcome.out) == (2, "")
    assert f"{option} is about images, and the target 'local' runs steps without" in outcome.err


def test_what_the_author_registers_for_the_end_is_called(flowc: CommandLine) -> None:
    author = """
import atexit, threading, time
from flowc import pipeline, step

atexit.register(print, "at exit")
threading.Thread(target=lambda: (time.sleep(0.3), print("of a thread"))).start()

@step
def one() -> int:
    return 1

@pipeline
def p():
    one()
"""
    (flowc.folder / "ends.py").write_text(author)
    command = [sys.executable, "-m", "flowc", "graph", "ends.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=flowc.folder)
    assert done.stdout.splitlines()[-2:] == ["of a thread", "at exit"]
