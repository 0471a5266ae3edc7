"""What `bundle.pyz finalise` writes, and how it ends."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.runtime.bundles import RUN, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runtime.bundles import Bundle

AUTHOR = """
def one(): return 1
def bad(): raise ValueError("no")
def slow():
    print("ready")
    import time; time.sleep(60)
"""


def test_all_went_well(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one"))
    made.step("one")
    done = made.finalise()
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_is_behind_a_failed_step_is_skipped(bundle: Callable[..., Bundle]) -> None:
    steps = [step("bad"), step("one", upstream=["bad"]), step("two", "one", upstream=["one"])]
    made = bundle(AUTHOR, *steps)
    made.step("bad")
    done = made.finalise()
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == b"flowc: step 'bad' failed: ValueError: no"
    assert made.result("one")["reason"] == "upstream 'bad' failed"
    assert made.result("two")["reason"] == "upstream 'one' was skipped"


def test_what_could_have_run_is_cancelled(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one"), step("two", "one", upstream=["one"]))
    made.step("one")
    assert made.finalise().returncode == 1
    result = made.result("two")
    assert (result["status"], result["reason"]) == (
        "cancelled",
        "the run ended before it started",
    )


def test_a_killed_container_is_lost(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("slow"), step("one", upstream=["slow"]))
    process = made.start("step", "slow", "--run", RUN)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = made.finalise()
    assert done.returncode == 1
    assert made.attempts("slow")[0]["outcome"] == "lost"
    assert made.result("one")["reason"] == "upstream 'slow' was lost"


def test_a_container_that_is_being_ended_meanwhile_is_waited_for(
    bundle: Callable[..., Bundle],
) -> None:
    made = bundle(AUTHOR, step("slow"), step("one", upstream=["slow"]))
    process = made.start("step", "slow", "--run", RUN)
    assert process.stdout is not None
    process.stdout.readline()
    finaliser = made.start("finalise", "--run", RUN)
    with pytest.raises(subprocess.TimeoutExpired):
        finaliser.wait(timeout=1)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    finaliser.communicate()
    assert made.attempts("slow")[0]["outcome"] == "cancelled"
    assert made.result("slow")["status"] == "cancelled"
    assert made.result("one")["reason"] == "upstream 'slow' was cancelled"


def test_a_run_that_never_began_is_recorded(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one"))
    assert made.finalise().returncode == 1
    assert made.record(f"runs/{RUN}/run.json")["pipeline"] == "p"
    assert len(made.store.list("names/")) == 1


def test_a_second_time_changes_nothing(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("bad"), step("one", upstream=["bad"]))
    made.step("bad")
    made.finalise()
    before = {key: made.store.get(key) for key in made.store.list("runs/")}
    made.finalise()
    assert {key: made.store.get(key) for key in made.store.list("runs/")} == before
