"""Whatever the author's code does to its process, the step ends in an error document."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.runtime.bundles import output, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runtime.bundles import Bundle


def fail(bundle: Callable[..., Bundle], body: str, **fields: Any) -> dict[str, Any]:
    made = bundle(f"import os, sys, signal\n{body}", step("bad", **fields))
    assert made.step("bad").returncode == 1
    result = made.result("bad")
    assert result["status"] == "failed"
    assert made.attempts("bad")[-1]["error"] == result["error"]
    error: dict[str, Any] = result["error"]
    return error


def test_an_exception_shows_the_authors_frames_only(bundle: Callable[..., Bundle]) -> None:
    error = fail(bundle, "def inner(): raise ValueError('no')\ndef bad():\n    inner()\n")
    assert (error["kind"], error["type"], error["message"]) == ("exception", "ValueError", "no")
    assert error["traceback"].count("  File ") == 2
    assert "flowc_runtime" not in error["traceback"]


def test_the_traceback_is_in_the_log(bundle: Callable[..., Bundle]) -> None:
    made = bundle("def bad():\n    print('before')\n    raise ValueError('no')\n", step("bad"))
    shown = made.step("bad").stdout
    assert shown == made.log("bad")
    assert shown.startswith(b"before\nTraceback")
    assert b"ValueError: no\nflowc: step 'bad' failed in attempt 1\n" in shown


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("class E(Exception):\n    def __str__(self): raise OSError\n", "<its str() raises>"),
        ("class E(Exception):\n    def __str__(self): raise SystemExit\n", "<its str() raises>"),
        ("class E(Exception):\n    def __reduce__(self): raise OSError\n", ""),
        ("class E(Exception):\n    def __reduce__(self): raise KeyboardInterrupt\n", ""),
        ("class E(Exception):\n    @property\n    def __notes__(self): raise SystemExit\n", ""),
        ("class E(BaseException): pass\n", ""),
    ],
)
def test_exceptions_that_resist(bundle: Callable[..., Bundle], body: str, message: str) -> None:
    error = fail(bundle, f"{body}def bad(): raise E()\n")
    assert (error["kind"], error["type"]) == ("exception", "author.E")
    assert error["message"] == message


def test_text_that_is_no_unicode(bundle: Callable[..., Bundle]) -> None:
    error = fail(bundle, "def bad(): raise ValueError('\\udc80\\x00')\n")
    assert error["message"] == "\\udc80\x00"


@pytest.mark.parametrize(
    ("call", "code"), [("sys.exit(3)", 3), ("sys.exit()", 0), ("sys.exit('text')", 1)]
)
def test_system_exit(bundle: Callable[..., Bundle], call: str, code: int) -> None:
    error = fail(bundle, f"def bad(): {call}\n")
    assert (error["kind"], error["exit_code"]) == ("exited", code)


def test_keyboard_interrupt_of_the_authors_own(bundle: Callable[..., Bundle]) -> None:
    error = fail(bundle, "def bad(): raise KeyboardInterrupt\n")
    assert (error["kind"], error["type"]) == ("exception", "KeyboardInterrupt")


def test_a_process_that_just_ends(bundle: Callable[..., Bundle]) -> None:
    error = fail(bundle, "def bad(): os._exit(4)\n")
    assert (error["kind"], error["exit_code"]) == ("exited", 4)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_killed_process(bundle: Callable[..., Bundle], number: signal.Signals) -> None:
    error = fail(bundle, f"def bad(): os.kill(os.getpid(), {number.value})\n")
    assert (error["kind"], error["signal"], error["type"]) == ("killed", number, number.name)


def test_a_killed_process_whose_child_lives_on(bundle: Callable[..., Bundle]) -> None:
    body = "import subprocess\ndef bad():\n    subprocess.Popen(['sleep', '30'])\n"
    error = fail(bundle, f"{body}    os.kill(os.getpid(), 9)\n")
    assert error["signal"] == signal.SIGKILL


@pytest.mark.parametrize(
    ("returned", "said"),
    [("1", "a value of type int"), ("(1, 2, 3)", "a tuple of 3"), ("None", "type NoneType")],
)
def test_outputs_that_do_not_match(
    bundle: Callable[..., Bundle], returned: str, said: str
) -> None:
    error = fail(bundle, f"def bad(): return {returned}\n", outputs=["a", "b"])
    assert error["kind"] == "output"
    assert "2 outputs (a, b)" in error["message"]
    assert said in error["message"]


def test_an_output_that_cannot_be_stored(bundle: Callable[..., Bundle]) -> None:
    made = bundle("def bad(): return (n for n in [])\n", step("bad"))
    made.step("bad")
    error = made.result("bad")["error"]
    assert error["kind"] == "output"
    assert "'output'" in error["message"]
    assert made.store.list("cas/") == []


def test_an_import_that_fails(bundle: Callable[..., Bundle]) -> None:
    error = fail(bundle, "raise RuntimeError('at import')\n")
    assert error["type"] == "RuntimeError"
    assert "author.py" in error["traceback"]
    assert "importlib" not in error["traceback"]


def test_an_input_that_cannot_be_loaded(bundle: Callable[..., Bundle]) -> None:
    author = "def one(): return 1\ndef bad(a): return a\n"
    steps = step("one"), step("bad", inputs={"a": output("one")}, upstream=["one"])
    made = bundle(author, *steps)
    made.step("one")
    digest = made.result("one")["outputs"]["output"]["digest"]
    path = made.store.local_path(f"cas/{digest[:2]}/{digest}")
    with open(path + ".new", "wb") as file:  # noqa: PTH123 - replaced as an accident would
        file.write(b"2")
    import os

    os.replace(path + ".new", path)  # noqa: PTH105
    assert made.step("bad").returncode == 1
    error = made.result("bad")["error"]
    assert error["kind"] == "input"
    assert "'a'" in error["message"]
    assert "damaged" in error["message"]


def test_retries_wait_and_are_recorded(bundle: Callable[..., Bundle]) -> None:
    author = "def bad(): raise ValueError\n"
    made = bundle(author, step("bad", retries=2, delay=0.2, backoff=2))
    made.step("bad")
    first, second, third = made.attempts("bad")
    assert [each["outcome"] for each in (first, second, third)] == ["failed"] * 3
    assert second["started"] - first["ended"] >= 0.2
    assert third["started"] - second["ended"] >= 0.4
    assert made.result("bad")["attempts"] == 3


def test_a_retry_that_helps(bundle: Callable[..., Bundle], tmp_path: object) -> None:
    author = f"""
from pathlib import Path
def flaky():
    mark = Path({str(tmp_path)!r}, "mark")
    if mark.exists():
        return 1
    mark.touch()
    raise ValueError
"""
    made = bundle(author, step("flaky", retries=3))
    assert made.step("flaky").returncode == 0
    assert [each["outcome"] for each in made.attempts("flaky")] == ["failed", "completed"]
    assert "error" not in made.result("flaky")


def test_a_step_below_a_failed_one_is_skipped(bundle: Callable[..., Bundle]) -> None:
    author = "def bad(): raise ValueError\ndef one(): return 1\n"
    made = bundle(author, step("bad"), step("one", upstream=["bad"]))
    made.step("bad")
    assert made.step("one").returncode == 1
    result = made.result("one")
    assert (result["status"], result["reason"]) == ("skipped", "upstream 'bad' failed")
    assert made.attempts("one") == []


def test_upstream_that_never_ran(bundle: Callable[..., Bundle]) -> None:
    made = bundle("def one(): return 1\n", step("first", "one"), step("one", upstream=["first"]))
    done = made.step("one")
    assert done.returncode == 2
    assert b"'first' never ran" in done.stderr
    assert made.result("one")["error"]["kind"] == "request"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_cancelled_by_a_signal(bundle: Callable[..., Bundle], number: signal.Signals) -> None:
    author = "import time\ndef slow():\n    print('ready')\n    time.sleep(60)\n"
    made = bundle(author, step("slow"))
    process = made.start("step", "slow", "--run", "p-1")
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    assert process.wait(10) == 1
    process.communicate()
    assert made.result("slow")["status"] == "cancelled"
    assert made.attempts("slow")[0]["outcome"] == "cancelled"


def test_a_step_that_ignores_the_signal_is_killed(bundle: Callable[..., Bundle]) -> None:
    author = """
import signal, time
def slow():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready")
    time.sleep(60)
"""
    made = bundle(author, step("slow"))
    process = made.start("step", "slow", "--run", "p-1")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(4) == 1
    process.communicate()
    assert made.result("slow")["status"] == "cancelled"


def test_cancelled_while_waiting_to_retry(bundle: Callable[..., Bundle]) -> None:
    made = bundle("def bad(): raise ValueError\n", step("bad", retries=1, delay=60))
    process = made.start("step", "bad", "--run", "p-1")
    assert process.stdout is not None
    while b"next attempt" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 1
    process.communicate()
    assert made.result("bad")["status"] == "cancelled"
