"""What ends a run before its steps do, as the containers of an engine come to know it."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from flowc.client import Client
from flowc.errors import AuthorError
from tests.runtime.bundles import RUN, step

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.runtime.bundles import Bundle

AUTHOR = """
import os, time
def one():
    print("ran")
    return 1
def bad(): raise ValueError("no")
def slow():
    print("ready", flush=True)
    time.sleep(60)
def short():
    print("ready", flush=True)
    time.sleep(2)
    return 1
def told():
    time.sleep(2)
    print("told")
"""


def begin(made: Bundle, id_: str, *more: str) -> subprocess.Popen[bytes]:
    """A step's container, once its function runs."""
    process = made.start("step", id_, "--run", RUN, *more)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def end(process: subprocess.Popen[bytes]) -> int:
    process.communicate(timeout=30)
    return process.returncode


def shown(made: Bundle) -> tuple[str, dict[str, tuple[str, str]]]:
    """The run's status and its steps', with the reason of those that did not run to their end."""
    document = Client(made.store.uri).run(RUN)
    ended = {"cancelled", "skipped"}
    return document["status"], {
        step["id"]: (step["status"], step["reason"] if step["status"] in ended else "")
        for step in document["steps"]
    }


def test_fail_fast_ends_what_runs_and_starts_no_more(bundle: Callable[..., Bundle]) -> None:
    steps = [step("slow"), step("bad"), step("below", "one", upstream=["slow"]), step("one")]
    made = bundle(AUTHOR, *steps, execution_mode="fail_fast")
    running = begin(made, "slow")
    made.step("bad")
    failed = time.monotonic()
    assert end(running) == 1
    assert time.monotonic() - failed < 5
    late = made.step("one")
    assert (late.returncode, late.stdout) == (1, b"")
    assert b"flowc: step 'one' cancelled: cancelled before it started: step 'bad'" in late.stderr
    assert made.step("below", "--soft-fail").returncode == 0
    assert made.finalise().returncode == 1
    assert shown(made) == (
        "failed",
        {
            "slow": ("cancelled", "cancelled while it ran: step 'bad' failed"),
            "bad": ("failed", ""),
            "below": ("skipped", "upstream 'slow' was cancelled"),
            "one": ("cancelled", "cancelled before it started: step 'bad' failed"),
        },
    )
    assert made.attempts("slow")[0]["outcome"] == "cancelled"


def test_stop_on_failure_lets_what_runs_end(bundle: Callable[..., Bundle]) -> None:
    steps = [step("short"), step("bad"), step("below", "one", upstream=["short"])]
    made = bundle(AUTHOR, *steps, execution_mode="stop_on_failure")
    running = begin(made, "short")
    made.step("bad")
    assert end(running) == 0
    assert made.step("below").returncode == 1
    status, found = shown(made)
    assert (status, found["short"][0], found["below"][0]) == ("failed", "completed", "cancelled")


def test_a_step_that_fails_calls_its_hooks_all_the_same(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("bad", hooks={"on_failure": "told"}), execution_mode="fail_fast")
    assert made.step("bad").stdout.endswith(b"told\n")
    assert made.result("bad")["status"] == "failed"


def test_a_wait_for_a_retry_is_ended(bundle: Callable[..., Bundle]) -> None:
    steps = [step("again", "bad", retries=1, delay=60), step("bad")]
    made = bundle(AUTHOR, *steps, execution_mode="fail_fast")
    waiting = made.start("step", "again", "--run", RUN)
    while not made.store.exists(f"runs/{RUN}/steps/again/1/log.txt"):
        time.sleep(0.05)
    made.step("bad")
    assert end(waiting) == 1
    reason = "cancelled while waiting to retry: step 'bad' failed"
    assert shown(made)[1]["again"] == ("cancelled", reason)


def test_the_time_of_a_run(bundle: Callable[..., Bundle]) -> None:
    steps = [step("one"), step("slow", upstream=["one"]), step("late", "one")]
    made = bundle(AUTHOR, *steps, timeout=2.5, hooks={"on_cleanup": "one"})
    began = time.monotonic()
    made.step("one")
    assert end(begin(made, "slow")) == 1
    assert 2.4 < time.monotonic() - began < 8
    assert made.step("late").returncode == 1
    done = made.finalise()
    assert (done.returncode, done.stdout) == (1, b"ran\n")
    why = "the run was ended after 2.5 s, its timeout"
    assert shown(made) == (
        "failed",
        {
            "one": ("completed", ""),
            "slow": ("cancelled", f"cancelled while it ran: {why}"),
            "late": ("cancelled", f"cancelled before it started: {why}"),
        },
    )
    assert Client(made.store.uri).run(RUN)["reason"] == why


def test_a_run_that_ends_in_time_is_not_concerned(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one"), timeout=60)
    made.step("one")
    assert made.finalise().returncode == 0
    assert made.store.list("runs/p-1/stop") == []


@pytest.mark.parametrize("mode", ["continue_on_failure", "stop_on_failure"])
def test_somebody_cancels_the_run(bundle: Callable[..., Bundle], mode: str) -> None:
    steps = [step("slow"), step("bad"), step("late", "one")]
    made = bundle(AUTHOR, *steps, execution_mode=mode)
    running = begin(made, "slow")
    made.step("bad")
    client = Client(made.store.uri)
    assert client.cancel("latest")["status"] == "running"
    assert end(running) == 1
    made.step("late")
    made.finalise()
    status, found = shown(made)
    assert (status, found["slow"][0], found["bad"][0], found["late"][0]) == (
        "cancelled",
        "cancelled",
        "failed",
        "cancelled",
    )
    with pytest.raises(AuthorError, match="has ended already: it is cancelled"):
        client.cancel(RUN)


def test_waiting_for_the_end_of_a_cancelled_run(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("slow"), step("late", "one"))
    running = begin(made, "slow")
    assert Client(made.store.uri).cancel(RUN, wait=True)["status"] == "cancelled"
    assert end(running) == 1
    assert shown(made)[1]["late"] == ("cancelled", "the run was cancelled")


def test_a_rerun_by_hand_is_not_stopped_by_what_stopped_the_first(
    bundle: Callable[..., Bundle],
) -> None:
    steps = [step("bad"), step("one")]
    made = bundle(AUTHOR, *steps, execution_mode="fail_fast")
    made.step("bad", "--token", "1")
    assert made.step("one", "--token", "1").returncode == 1
    assert made.step("one", "--token", "2").stdout == b"ran\n"
    made.step("bad", "--token", "2")
    stop = made.record(f"runs/{RUN}/stop.json")
    assert stop["at"] > made.attempts("bad", 2)[0]["started"]


def test_a_container_that_is_told_to_end_can_be_started_again(
    bundle: Callable[..., Bundle],
) -> None:
    made = bundle(AUTHOR, step("short", infrastructure_retries=1), step("one"))
    running = begin(made, "short", "--token", "1")
    running.send_signal(signal.SIGTERM)
    assert end(running) == 1
    assert shown(made)[1]["short"][0] == "running"
    assert made.step("short", "--token", "1").returncode == 0
    assert [one["outcome"] for one in made.attempts("short")] == ["cancelled", "completed"]
    assert shown(made)[1]["short"][0] == "completed"


def test_or_is_cancelled_when_nobody_does(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("slow", infrastructure_retries=1))
    running = begin(made, "slow", "--token", "1")
    running.send_signal(signal.SIGTERM)
    end(running)
    made.finalise()
    assert shown(made) == ("cancelled", {"slow": ("cancelled", "cancelled while it ran")})


def test_lost_containers_do_not_count_as_attempts_that_failed(
    bundle: Callable[..., Bundle],
) -> None:
    author = f"""{AUTHOR}
def third():
    print("ready", flush=True)
    from flowc_runtime import context
    attempt = context.get_step_context().step_run.attempt
    if attempt < 3: time.sleep(60)
    if attempt < 4: raise ValueError(attempt)
    return attempt
"""
    made = bundle(author, step("third", retries=1, infrastructure_retries=2))
    for _ in range(2):
        lost = begin(made, "third", "--token", "1")
        lost.send_signal(signal.SIGKILL)
        end(lost)
    assert made.step("third", "--token", "1").returncode == 0
    outcomes: list[Any] = [one["outcome"] for one in made.attempts("third")]
    assert outcomes == ["lost", "lost", "failed", "completed"]


def test_what_is_killed_while_the_run_is_ended_is_cancelled(
    bundle: Callable[..., Bundle],
) -> None:
    author = f"{AUTHOR}\ndef stubborn():\n    import signal\n"
    author += "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    slow()\n"
    made = bundle(author, step("stubborn"))
    running = begin(made, "stubborn")
    Client(made.store.uri).cancel(RUN)
    time.sleep(1.5)
    running.kill()
    end(running)
    made.finalise()
    assert shown(made) == (
        "cancelled",
        {"stubborn": ("cancelled", "cancelled and killed: the run was cancelled")},
    )
