"""Which failures are retried, when, and how an attempt is ended that takes too long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from flowc_runtime.task import wait_before
from tests.runtime.bundles import step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runtime.bundles import Bundle

AUTHOR = """
import os, signal, sys, time
class Mine(ConnectionError): pass
def mine(): raise Mine
def value(): raise ValueError
def killed(): os.kill(os.getpid(), 9)
def exited(): sys.exit(1)
class Bad:
    def save(self, value, path): raise Mine
def saved(): return 1
def slow():
    print("started", flush=True)
    time.sleep(60)
def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("function", "only_on", "attempts"),
    [
        ("mine", "author:Mine", 2),
        ("mine", "builtins:ConnectionError", 2),
        ("mine", "builtins:OSError", 2),
        ("mine", "builtins:ValueError", 1),
        ("value", "builtins:ConnectionError", 1),
        ("killed", "builtins:ConnectionError", 2),
        ("exited", "builtins:ConnectionError", 2),
    ],
)
def test_only_some_exceptions_are_retried(
    bundle: Callable[..., Bundle], function: str, only_on: str, attempts: int
) -> None:
    made = bundle(AUTHOR, step("bad", function, retries=1, only_on=[only_on]))
    assert made.step("bad").returncode == 1
    assert made.result("bad")["attempts"] == attempts


def test_what_a_materializer_raised_counts(bundle: Callable[..., Bundle]) -> None:
    spec = step("bad", "saved", retries=1, only_on=["author:Mine"])
    spec["outputs"][0]["materializer"] = "author:Bad"
    made = bundle(AUTHOR, spec)
    made.step("bad")
    assert made.result("bad")["attempts"] == 2


def test_a_process_lost_after_the_last_attempt(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("bad", "value", retries=1, only_on=["author:Mine"]))
    made.step("bad")
    made.store.delete("runs/p-1/steps/bad/1/result.json")
    assert made.step("bad").returncode == 1
    assert made.result("bad")["attempts"] == 1


def test_a_retry_waits_no_longer_than_allowed(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("bad", "value", retries=2, delay=0.1, backoff=900, max_delay=0.2))
    started = time.monotonic()
    made.step("bad")
    assert time.monotonic() - started < 10
    first, second, third = made.attempts("bad")
    assert second["started"] - first["ended"] >= 0.1
    assert third["started"] - second["ended"] >= 0.2


def test_a_wait_beyond_all_numbers() -> None:
    retry = {"max_retries": 2000, "delay": 1.0, "backoff": 10.0, "max_delay": 5.0}
    assert wait_before(retry, 1000) == 5.0  # type: ignore[arg-type]
    assert wait_before({**retry, "max_delay": None}, 1000) == float("inf")  # type: ignore[typeddict-item]
    assert wait_before({**retry, "delay": 0.0, "max_delay": None}, 1000) == 0.0  # type: ignore[typeddict-item]


def test_an_attempt_that_takes_too_long(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("slow", timeout=0.5, retries=1, only_on=["builtins:ValueError"]))
    assert made.step("slow").returncode == 1
    error = made.result("slow")["error"]
    assert error["kind"] == "timeout"
    assert error["message"] == "the step was ended after 0.5 s, its timeout"
    assert [each["outcome"] for each in made.attempts("slow")] == ["failed", "failed"]
    assert made.log("slow").count(b"started") == 2


def test_an_attempt_that_does_not_want_to_end(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("deaf", timeout=0.3))
    started = time.monotonic()
    assert made.step("deaf").returncode == 1
    assert 5 < time.monotonic() - started < 15
    assert made.result("deaf")["error"]["kind"] == "timeout"


def test_an_attempt_in_time(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("saved", timeout=30))
    assert made.step("saved").returncode == 0
