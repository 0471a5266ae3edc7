"""One clear message, and the exit status that goes with it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import flowc.driver.doctor
from flowc import __version__
from flowc.errors import AuthorError, Errors, InternalError, RunFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import CommandLine

    Golden = Callable[[str, str], None]


WRONG = (
    "doctr",
    "--verison",
    "runs shw",
    "runs list --limit many",
    "run",
    "run x.py y.py",
    "run x.py --parm a=1",
    "run x.py --param a",
    "run x.py -p a=1 -p a=2",
    "run x.py --max-parallel 0",
    "run x.py --pip elsewhere",
    "run x.py --ca-bundle none.pem",
    "run missing.py",
    "run package.missing",
    "compile x.py",
    "compile x.py -t airflow --ship plane",
    "compile x.py -t airflow --volume a",
    "compile x.py -t airflow --volume a:/b",
    "compile x.py -t airflow --volume pvc:claim:b",
    "graph x.py --format png",
    "completion",
    "completion tcsh",
    "runs show any",
    "runs list --store nonsense",
    "runs list --store ftp://host",
)


def test_wrong_requests(flowc: CommandLine, golden: Golden) -> None:
    lines: list[str] = []
    for request in WRONG:
        outcome = flowc(*request.split())
        assert (outcome.status, outcome.out) == (2, "")
        lines.append(f"$ flowc {request}\n{outcome.err}")
    golden("wrong_requests.txt", "\n".join(lines).replace(str(flowc.folder), "PROJECT"))


@pytest.mark.parametrize(
    ("error", "status", "shown"),
    [
        (AuthorError("wrong", where="p.py:3", hint="do"), 2, "error: p.py:3: wrong\n  hint: do\n"),
        (AuthorError("a\x1b]0;x\x07\x9b"), 2, "error: a\\x1b]0;x\\x07\\x9b\n"),
        (Errors([AuthorError("one"), AuthorError("two")]), 2, "error: one\nerror: two\n"),
        (RunFailed("broken", run="r"), 1, "error: broken\n"),
        (KeyboardInterrupt(), 130, "\ninterrupted\n"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_command_raises(
    flowc: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    shown: str,
) -> None:
    raise_in_doctor(monkeypatch, error)
    outcome = flowc("doctor")
    assert (outcome.status, outcome.out, outcome.err) == (status, "", shown)


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), InternalError("ours")])
def test_our_own_bug_asks_for_a_report(
    flowc: CommandLine, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    raise_in_doctor(monkeypatch, error)
    outcome = flowc("doctor")
    assert outcome.status == 3
    assert outcome.err.startswith(
        "error: this is a bug in flowc: please report it with this text\n"
    )
    assert "Traceback (most recent call last):" in outcome.err
    assert f"flowc {__version__}, Python" in outcome.err


def test_version(flowc: CommandLine) -> None:
    assert flowc("--version").out == f"flowc {__version__}\n"


def test_a_reader_that_goes_away_is_no_error(flowc: CommandLine) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "flowc", "completion", "zsh"],
        stdout=write, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def raise_in_doctor(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def examine(_store: str | None) -> None:
        raise error

    monkeypatch.setattr(flowc.driver.doctor, "examine", examine)
