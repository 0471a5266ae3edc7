from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import CommandLine
    from tests.client.store_builder import StoreBuilder

RUN = "train-1a2b3c4d"


@pytest.fixture
def run(built: StoreBuilder, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    built.now = 1_800_000_000.0
    steps = {"load": (), "fit": ("load",), "report": ("fit",)}
    built.run(RUN, steps, name="night\nly", parameters={"n": 3, "s": "\x1b[2J"}, age=30)
    built.result(RUN, "load", "cached", outputs={"output": built.contents(b"42")}, reason="hit")
    error = {
        "kind": "exception",
        "type": "ValueError",
        "message": "no \x1b]0;x\x07",
        "traceback": 'Traceback\n  File "/src/fit.py", line 3, in fit\nValueError: no \x1b]0;x',
    }
    built.result(RUN, "fit", "failed", attempts=3, error=error)
    built.result(RUN, "report", "skipped", reason="upstream 'fit' failed")
    built.log(RUN, "load", "10%\r100%\n\x1b[31mred\x1b[0m\n")
    built.log(RUN, "fit", "\x1b]0;x\x07\n")
    return RUN


def test_the_tables(flowc: CommandLine, run: str, golden: Callable[[str, str], None]) -> None:
    commands = ("runs list", f"runs show {run}", f"runs logs {run}", "runs logs latest load")
    told = [f"$ flowc {command}\n{flowc(*command.split()).out}" for command in commands]
    golden("tables.txt", "\n".join(told))


def test_the_documents(flowc: CommandLine, run: str) -> None:
    assert json.loads(flowc("runs", "list", "--json").out)[0]["run_id"] == run
    shown = json.loads(flowc("runs", "show", "latest", "--json").out)
    assert [step["status"] for step in shown["steps"]] == ["cached", "failed", "skipped"]
    logs = json.loads(flowc("runs", "logs", run, "--json").out)
    assert logs["fit"] == "\x1b]0;x\x07\n"


def test_no_runs_is_no_error(flowc: CommandLine) -> None:
    outcome = flowc("runs", "list")
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err.startswith("no runs in file:")
    assert json.loads(flowc("runs", "list", "--json").out) == []


def test_a_silent_step_is_no_error(flowc: CommandLine, run: str) -> None:
    outcome = flowc("runs", "logs", run, "report")
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err == "nothing was logged by step report\n"


def test_limits_and_filters(flowc: CommandLine, built: StoreBuilder) -> None:
    for number in range(3):
        built.run(f"p{number}-00000000", {}, age=number)
    assert len(flowc("runs", "list", "-n", "2").out.splitlines()) == 3
    assert len(flowc("runs", "list", "--limit", "0").out.splitlines()) == 4
    assert "p1-00000000" in flowc("runs", "list", "--pipeline", "p1").out
    unknown = flowc("runs", "list", "--pipeline", "p9")
    assert (unknown.status, "no run of a pipeline 'p9'" in unknown.err) == (2, True)


def test_what_was_logged_is_told(flowc: CommandLine, built: StoreBuilder) -> None:
    run = built.run("p-1", {"a": [], "b": ["a"]})
    built.result(run, "a", "completed", metadata={"rows": 3, "kind": "csv"})
    built.result(run, "b", "completed")
    assert 'a logged rows=3, kind="csv"\n' in flowc("runs", "show", run).out
    first, second = json.loads(flowc("runs", "show", run, "--json").out)["steps"]
    assert first["metadata"] == {"rows": 3, "kind": "csv"}
    assert "metadata" not in second
