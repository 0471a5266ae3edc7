"""Which execution of a step a start belongs to, and what a lost container leaves behind."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.runtime.bundles import RUN, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runtime.bundles import Bundle

AUTHOR = """
import os, sys
def one():
    print("ran")
    return 1
def bad():
    print("ran")
    raise ValueError
def slow():
    print("ran")
    if "FAST" not in os.environ:
        import time; time.sleep(60)
    return 1
"""


def test_the_same_token_gives_the_same_answer(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("bad"))
    first = made.step("bad", "--token", "try 1")
    second = made.step("bad", "--token", "try 1")
    assert (first.returncode, second.returncode) == (1, 1)
    assert (first.stdout[:3], second.stdout) == (b"ran", b"")


def test_another_token_is_a_rerun(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one", cache=False))
    made.step("one", "--token", "a")
    assert made.step("one", "--token", "b").stdout == b"ran\n"
    assert made.result("one", generation=2)["status"] == "completed"


def test_without_a_token_what_is_done_stays_done(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("one", cache=False))
    made.step("one")
    again = made.step("one")
    assert (again.returncode, again.stdout) == (0, b"")


def test_without_a_token_a_failed_step_runs_again(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("bad"))
    made.step("bad")
    assert made.step("bad").stdout.startswith(b"ran")
    assert made.result("bad", generation=2)["status"] == "failed"


def test_a_retry_of_a_lost_container_goes_on(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("slow"))
    process = made.start("step", "slow", "--run", RUN, "--token", "a")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = made.call("step", "slow", "--run", RUN, "--token", "a", FAST="1")
    assert done.returncode == 0
    assert [each["outcome"] for each in made.attempts("slow")] == ["lost", "completed"]
    assert made.result("slow")["attempts"] == 2


def test_a_lost_attempt_is_no_failed_one(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR + "\ndef slow(): print('ran'); os.kill(os.getppid(), 9)\n", step("slow"))
    made.step("slow")
    source = made.folder / "src" / "author.py"
    source.write_text("def slow(): raise ValueError\n")
    made.step("slow")
    assert [each["outcome"] for each in made.attempts("slow")] == ["lost", "failed"]
