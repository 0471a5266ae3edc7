"""How the docker target drives a run, as far as no daemon is needed."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from flowc import ir
from flowc.errors import AuthorError, EngineUnavailable
from flowc.registry import FEATURES, MachineBackend, find_backend
from flowc_backends.docker import DockerBackend
from flowc_backends.docker.driving import Drive
from flowc_backends.docker.probe import our_users
from flowc_backends.docker.results import Outcome, explain, latest_result, read_outcome
from flowc_backends.docker.stepping import container_name, run_arguments
from flowc_backends.docker.stops import Stops
from flowc_backends.images.daemon import connect
from flowc_runtime import contract
from flowc_runtime.stores import open_store
from tests.docker_runs import options, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


COMPLETED = Outcome(status="completed")
FAILED = Outcome(status="failed", detail="ValueError: no")


class Heard:
    """A reporter that remembers, and asks to be told everything by one thread."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._thread = threading.get_ident()

    def _tell(self, text: str) -> None:
        assert threading.get_ident() == self._thread
        self.told.append(text)

    def run_started(self, run: str, steps: list[str]) -> None:
        self._tell(f"run {run} {steps}")

    def step_started(self, step: str) -> None:
        self._tell(f"{step} starts")

    def step_log(self, step: str, line: str) -> None:
        self._tell(f"{step}: {line}")

    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None:
        assert seconds >= 0
        self._tell(f"{step} {status} {detail}".rstrip())

    def note(self, text: str) -> None:
        self._tell(text)


def step(name: str, *upstream: str) -> ir.Step:
    return ir.Step(
        id=name,
        name=name,
        function=ir.Function(module="work", qualname=name),
        location=ir.Location(file="work.py", line=7),
        upstream=upstream,
    )


def pipeline(*steps: ir.Step) -> ir.Pipeline:
    place = ir.Location(file="work.py", line=1)
    return ir.Pipeline(name="work", location=place, body=ir.Block(nodes=steps))


DIAMOND = pipeline(step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"), step("e"))


@dataclass
class Steps:
    """Steps that are a function; remembers what else is asked of it."""

    run: Callable[[ir.Step, Callable[[str], None]], Outcome]
    asked: list[str] = field(default_factory=list[str])

    def run_step(self, step: ir.Step, line: Callable[[str], None]) -> Outcome:
        return self.run(step, line)

    def stop(self) -> None:
        self.asked.append("stop")

    def obey(self, failed: str) -> None:
        self.asked.append(f"obey {failed}")

    def kill(self) -> None:
        self.asked.append("kill")


def drive(
    run_step: Callable[[ir.Step, Callable[[str], None]], Outcome], max_parallel: int = 2
) -> tuple[dict[str, str], list[str]]:
    heard = Heard()
    driven = Drive(DIAMOND, heard, Steps(run_step), max_parallel)
    driven.run()
    return {step: outcome.status for step, outcome in driven.outcomes.items()}, heard.told


def test_it_is_found_and_answers_for_every_feature() -> None:
    backend = find_backend("docker")
    assert isinstance(backend, DockerBackend)
    assert backend.kind == "machine"
    assert set(backend.supports) == set(FEATURES)
    assert callable(cast("MachineBackend", backend).run)


def test_steps_run_in_order() -> None:
    statuses, told = drive(lambda _step, _line: COMPLETED, max_parallel=1)
    assert statuses == dict.fromkeys("abcde", "completed")
    assert told == [
        text
        for name in ("a", "e", "b", "c", "d")
        for text in (f"{name} starts", f"{name} completed")
    ]


def test_independent_steps_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=20)

    def run_step(one: ir.Step, _line: Callable[[str], None]) -> Outcome:
        if one.id in {"b", "c"}:
            both.wait()
        return COMPLETED

    assert drive(run_step, max_parallel=3)[0] == dict.fromkeys("abcde", "completed")


def test_no_more_steps_at_a_time_than_asked_for() -> None:
    running: list[str] = []
    most: list[int] = []

    def run_step(one: ir.Step, _line: Callable[[str], None]) -> Outcome:
        running.append(one.id)
        most.append(len(running))
        running.remove(one.id)
        return COMPLETED

    drive(run_step, max_parallel=1)
    assert max(most) == 1


def test_a_failure_skips_what_depends_on_it_and_nothing_else() -> None:
    statuses, told = drive(lambda one, _line: FAILED if one.id == "b" else COMPLETED)
    assert statuses == {
        "a": "completed", "b": "failed", "c": "completed", "d": "skipped", "e": "completed"
    }  # fmt: skip
    assert "b failed ValueError: no" in told
    assert "d skipped upstream 'b' failed" in told


def test_lines_reach_the_reporter_before_the_end_of_their_step() -> None:
    def run_step(one: ir.Step, line: Callable[[str], None]) -> Outcome:
        line(f"hello from {one.id}")
        return COMPLETED

    _, told = drive(run_step)
    assert told.index("a: hello from a") < told.index("a completed")


def test_a_bug_of_ours_comes_through() -> None:
    def run_step(_step: ir.Step, _line: Callable[[str], None]) -> Outcome:
        raise ZeroDivisionError

    steps = Steps(run_step)
    with pytest.raises(ZeroDivisionError):
        Drive(DIAMOND, Heard(), steps, 1).run()


def interrupted(*numbers: signal.Signals) -> tuple[Steps, Heard, Drive]:
    """A run whose first step gets these signals, one by one, and ends when all are heard."""
    heard = Heard()
    ended = threading.Event()

    def run_step(_step: ir.Step, line: Callable[[str], None]) -> Outcome:
        line("started")
        ended.wait(20)
        return Outcome(status="cancelled")

    class Hearing(Heard):
        def step_log(self, step: str, line: str) -> None:
            super().step_log(step, line)
            for number in numbers:
                signal.raise_signal(number)

        def note(self, text: str) -> None:
            super().note(text)
            if len(numbers) == sum("containers" in told for told in self.told):
                ended.set()

    steps, heard = Steps(run_step), Hearing()
    driven = Drive(DIAMOND, heard, steps, 1)
    driven.run()
    return steps, heard, driven


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    steps, heard, driven = interrupted(number)
    assert steps.asked == ["stop"]
    assert {step: outcome.status for step, outcome in driven.outcomes.items()} == {
        "a": "cancelled", "b": "skipped", "c": "skipped", "d": "skipped", "e": "cancelled"
    }  # fmt: skip
    assert "e starts" not in heard.told
    assert "b skipped upstream 'a' was cancelled" in heard.told
    assert driven.interruptions == 1
    assert signal.getsignal(number) is before


def test_a_second_one_kills() -> None:
    steps, _, driven = interrupted(signal.SIGINT, signal.SIGINT)
    assert steps.asked == ["stop", "kill"]
    assert driven.interruptions == 2


def stopped(
    tmp_path: Path, mode: str, timeout: float | None = None
) -> tuple[dict[str, str], list[str], Stops]:
    """A run in which `b` fails at once and `e` goes on until somebody stops it."""
    failed, asked = threading.Event(), threading.Event()

    def run_step(one: ir.Step, _line: Callable[[str], None]) -> Outcome:
        if one.id == "b" and timeout is None:
            failed.set()
            return FAILED
        if one.id in {"b", "e"}:
            failed.wait(0 if timeout else 20)
            return Outcome(status="cancelled" if asked.wait(3) else "completed")
        return COMPLETED

    class Obeying(Steps):
        def obey(self, failed: str) -> None:
            super().obey(failed)
            asked.set()

    asked_for = options(tmp_path)
    spec: Any = {**asked_for.spec, "execution_mode": mode, "timeout": timeout}
    stops = Stops(open_store(asked_for.store), replace(asked_for, spec=spec))
    steps = Obeying(run_step)
    driven = Drive(DIAMOND, Heard(), steps, 3, stops)
    driven.run()
    return {step: one.status for step, one in driven.outcomes.items()}, steps.asked, stops


@pytest.mark.parametrize(
    ("mode", "ended", "asked"),
    [
        ("continue_on_failure", "completed", []),
        ("stop_on_failure", "completed", []),
        ("fail_fast", "cancelled", ["obey b"]),
    ],
)
def test_a_failure_means_what_the_execution_mode_says(
    tmp_path: Path, mode: str, ended: str, asked: list[str]
) -> None:
    statuses, told, stops = stopped(tmp_path, mode)
    assert (statuses["b"], statuses["d"], statuses["e"]) == ("failed", "skipped", ended)
    assert told == asked
    assert (stops.record is None) == (mode == "continue_on_failure")


def test_the_time_of_a_run_is_over(tmp_path: Path) -> None:
    statuses, told, stops = stopped(tmp_path, "continue_on_failure", timeout=0.5)
    assert statuses == {
        "a": "completed", "b": "cancelled", "c": "completed", "d": "skipped", "e": "cancelled"
    }  # fmt: skip
    assert told == ["obey "]
    assert stops.record is not None
    assert stops.record["message"] == "the run was ended after 0.5 s, its timeout"


def refusal(call: Callable[[], object]) -> str:
    try:
        call()
    except EngineUnavailable as error:
        return str(error)
    pytest.fail("not refused")


@pytest.mark.usefixtures("docker_forgets_sockets")
def test_no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    said = refusal(lambda: connect().__enter__())
    assert f"does not answer at unix://{tmp_path}/none.sock: no such socket" in said
    assert "set DOCKER_HOST" in said


@pytest.mark.usefixtures("docker_forgets_sockets")
def test_no_daemon_leaves_no_run_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    said = refusal(lambda: DockerBackend().run(DIAMOND, options(tmp_path)))
    assert "connection refused" in said
    assert not (tmp_path / "store/runs").exists()


def test_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="unknown store scheme"):
        DockerBackend().run(DIAMOND, replace(options(tmp_path), store="ftp://x"))


@pytest.mark.parametrize(
    ("run", "name", "start"),
    [
        ("work-1a2b", "train", "work-1a2b-train-"),
        ("Über uns", "outer.train_2", "ber-uns-outer.train_2-"),
        ("r", "é", "r-"),
        ("r" * 200, "x", "r" * 100 + "-"),
    ],
)
def test_container_names(run: str, name: str, start: str) -> None:
    made = container_name(run, name)
    assert made.startswith(start)
    assert made != container_name(run, name)


def test_the_runtime_is_told_of_the_run(tmp_path: Path) -> None:
    text = '"it\'s \\n {{x}}"'
    given = replace(options(tmp_path), parameters={"b": text, "a": "1"}, cache=False)
    assert run_arguments(given) == [
        *("--target", "docker", "--engine-run", "e", "--run-name", "my run"),
        *("--param", "a=1", "--param", f"b={text}", "--no-cache"),
    ]
    assert "--run" in run_arguments(replace(given, run="another"))


@pytest.mark.parametrize(
    ("code", "oom", "last", "detail"),
    [
        (137, True, "", "the container was killed: it used more memory than it may"),
        (137, False, "x", "the container was killed"),
        (2, False, "flowc: no step 'x'", "flowc: no step 'x'"),
        (1, False, "boom", "the container ended with exit status 1 and stored no result: boom"),
    ],
)
def test_a_container_without_a_result(code: int, oom: bool, last: str, detail: str) -> None:  # noqa: FBT001
    outcome = explain(code, out_of_memory=oom, last=last)
    assert (outcome.status, outcome.detail, outcome.lost) == ("failed", detail, code != 2)


def test_the_latest_generation_counts(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    assert read_outcome(store, "r", "s") is None
    error = {"kind": "exception", "type": "ValueError", "message": "no\nmore"}
    put(store, contract.result_key("r", "s", 1), {"status": "completed"})
    put(store, contract.result_key("r", "s", 10), {"status": "failed", "error": error})
    assert latest_result(store, "r", "s")[0] == 10
    assert read_outcome(store, "r", "s") == Outcome(status="failed", detail="ValueError: no")
    put(store, contract.attempt_key("r", "s", 11, 1), {"attempt": 1})
    assert read_outcome(store, "r", "s") is None


def test_the_calling_user_comes_first() -> None:
    assert our_users()[0] == f"{os.getuid()}:{os.getgid()}"
    assert our_users()[-1] == "0:0"
