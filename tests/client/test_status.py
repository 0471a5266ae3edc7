"""Every combination of records and the status it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowc.client import Client

if TYPE_CHECKING:
    from tests.client.store_builder import StoreBuilder

RUN = "train-00000000"
OLD = 10_000.0


def statuses(built: StoreBuilder) -> tuple[str, dict[str, str]]:
    document = Client(built.uri).run(RUN)
    return document["status"], {step["id"]: step["status"] for step in document["steps"]}


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (("completed", "completed"), "completed"),
        (("cached", "completed"), "completed"),
        (("cached", "cached"), "completed"),
        (("failed", "completed"), "failed"),
        (("failed", "skipped"), "failed"),
        (("failed", "cancelled"), "failed"),
        (("cancelled", "completed"), "cancelled"),
        (("cancelled", "skipped"), "cancelled"),
        (("lost", "skipped"), "failed"),
        (("completed", "skipped"), "failed"),
    ],
)
def test_a_run_whose_steps_all_have_results(
    built: StoreBuilder, results: tuple[str, str], expected: str
) -> None:
    built.run(RUN, {"one": (), "two": ()})
    for step, result in zip(("one", "two"), results, strict=True):
        built.result(RUN, step, result)
    assert statuses(built) == (expected, dict(zip(("one", "two"), results, strict=True)))


@pytest.mark.parametrize(
    ("attempt", "step", "run"),
    [
        ({}, "running", "running"),
        ({"outcome": "completed", "ended": 0}, "running", "running"),
        ({"outcome": "failed", "ended": 0}, "running", "running"),
        ({"outcome": "lost"}, "lost", "failed"),
        ({"age": OLD}, "lost", "lost"),
        ({"age": OLD, "outcome": "completed"}, "lost", "lost"),
        ({"age": OLD, "outcome": "failed"}, "lost", "lost"),
        ({"age": OLD, "outcome": "lost"}, "lost", "failed"),
        ({"age": 20.0}, "running", "running"),
        ({"age": 31.0}, "lost", "lost"),
    ],
)
def test_a_step_without_a_result(
    built: StoreBuilder, attempt: dict[str, Any], step: str, run: str
) -> None:
    moment = built.now - attempt.pop("age", 0.0)
    built.run(RUN, {"one": ()}, age=OLD)
    built.attempt(RUN, "one", started=moment, heartbeat=moment, **attempt)
    assert statuses(built) == (run, {"one": step})


def test_a_step_that_waits_for_its_retry_runs(built: StoreBuilder) -> None:
    built.run(RUN, {"one": ()}, retry={"max_retries": 3, "delay": 100.0, "backoff": 2.0}, age=OLD)
    for age, expected in ((150.0, "running"), (229.0, "running"), (231.0, "lost")):
        moment = built.now - age
        for number in (1, 2):
            built.attempt(
                RUN, "one", number, started=1.0, heartbeat=1.0, ended=moment, outcome="failed"
            )
        assert statuses(built) == (expected, {"one": expected})


@pytest.mark.parametrize("wait", [{"delay": 0.0}, {"delay": 1.0, "max_delay": 5.0}])
def test_a_backoff_beyond_all_numbers(built: StoreBuilder, wait: dict[str, float]) -> None:
    retry = {"max_retries": 9, "backoff": 1e200, **wait}
    built.run(RUN, {"one": ()}, retry=retry, age=OLD)
    for number in (1, 2, 3):
        built.attempt(RUN, "one", number, started=1.0, heartbeat=1.0, ended=2.0, outcome="failed")
    assert statuses(built) == ("lost", {"one": "lost"})


@pytest.mark.parametrize(
    ("target", "age", "expected"),
    [
        ("airflow", 0.0, "running"),
        ("airflow", OLD, "running"),
        ("local", 0.0, "running"),
        ("local", OLD, "lost"),
        ("docker", OLD, "lost"),
    ],
)
def test_an_engine_may_queue_a_step_and_this_machine_may_not(
    built: StoreBuilder, target: str, age: float, expected: str
) -> None:
    built.run(RUN, {"one": (), "two": ("one",)}, target=target, age=age)
    assert statuses(built) == (expected, {"one": "pending", "two": "pending"})
    built.result(RUN, "one", "completed", started=1.0, ended=built.now - age)
    assert statuses(built) == (expected, {"one": "completed", "two": "pending"})


@pytest.mark.parametrize(
    ("above", "said"),
    [("failed", "failed"), ("skipped", "was skipped"), ("cancelled", "was cancelled")],
)
def test_what_follows_a_step_that_ended_badly_is_skipped_before_it_says_so(
    built: StoreBuilder, above: str, said: str
) -> None:
    built.run(RUN, {"one": (), "two": ("one",), "three": ("two",)})
    built.result(RUN, "one", above)
    assert statuses(built)[1] == {"one": above, "two": "skipped", "three": "skipped"}
    step = Client(built.uri).run(RUN)["steps"][1]
    assert step["reason"] == f"upstream 'one' {said}"


def test_what_waits_for_a_lost_step_does_not_make_the_run_run(built: StoreBuilder) -> None:
    built.run(RUN, {"one": (), "two": ("one",), "three": ("two",)})
    built.attempt(RUN, "one", started=1.0, heartbeat=1.0)
    assert statuses(built) == ("lost", {"one": "lost", "two": "pending", "three": "pending"})
    built.attempt(RUN, "one", outcome="lost")
    assert statuses(built)[0] == "lost"
    built.attempt(RUN, "one", 2)
    assert statuses(built)[0] == "running"


def test_an_independent_step_keeps_a_run_with_a_lost_one_running(built: StoreBuilder) -> None:
    built.run(RUN, {"one": (), "two": ()})
    built.attempt(RUN, "one", outcome="lost")
    assert statuses(built) == ("running", {"one": "lost", "two": "pending"})


def test_one_running_step_makes_the_run_run(built: StoreBuilder) -> None:
    built.run(RUN, {"one": (), "two": (), "three": ("one",)})
    built.result(RUN, "one", "failed")
    built.attempt(RUN, "two")
    assert statuses(built)[0] == "running"


def test_the_latest_generation_counts(built: StoreBuilder) -> None:
    built.run(RUN, {"one": ()})
    built.result(RUN, "one", "failed", error={"kind": "exception", "message": "no"})
    built.attempt(RUN, "one", generation=2)
    assert statuses(built) == ("running", {"one": "running"})
    built.result(RUN, "one", "completed", generation=2)
    built.result(RUN, "one", "failed", generation=1)
    assert statuses(built) == ("completed", {"one": "completed"})
    built.result(RUN, "one", "cancelled", generation=10)
    assert statuses(built) == ("cancelled", {"one": "cancelled"})


def test_claims_and_logs_alone_do_not_start_a_step(built: StoreBuilder) -> None:
    built.run(RUN, {"one": ()})
    built.log(RUN, "one", "text")
    assert statuses(built) == ("running", {"one": "pending"})


@pytest.mark.parametrize(
    ("reason", "results", "expected"),
    [
        ("cancelled", ("cancelled", "completed"), "cancelled"),
        ("cancelled", ("cancelled", "failed"), "cancelled"),
        ("cancelled", ("cancelled", "lost"), "cancelled"),
        ("cancelled", ("completed", "failed"), "failed"),
        ("cancelled", ("completed", "completed"), "completed"),
        ("failure", ("cancelled", "failed"), "failed"),
        ("failure", ("cancelled", "lost"), "failed"),
        ("timeout", ("cancelled", "completed"), "failed"),
        ("timeout", ("cancelled", "skipped"), "failed"),
        ("timeout", ("cached", "completed"), "completed"),
    ],
)
def test_a_run_that_was_stopped(
    built: StoreBuilder, reason: str, results: tuple[str, str], expected: str
) -> None:
    built.run(RUN, {"one": (), "two": ()})
    built.stop(RUN, reason, "because")
    for step, result in zip(("one", "two"), results, strict=True):
        built.result(RUN, step, result)
    assert statuses(built) == (expected, dict(zip(("one", "two"), results, strict=True)))
    told = Client(built.uri).run(RUN)["reason"]
    assert told == ("" if expected == "completed" else "because")


def test_nothing_is_pending_in_a_run_that_was_stopped(built: StoreBuilder) -> None:
    built.run(RUN, {"one": (), "two": ("one",), "three": ()})
    built.attempt(RUN, "one")
    built.stop(RUN, "cancelled", "because")
    assert statuses(built) == (
        "running",
        {"one": "running", "two": "cancelled", "three": "cancelled"},
    )
    assert Client(built.uri).run(RUN)["steps"][2]["reason"] == "because"
    built.result(RUN, "one", "cancelled")
    assert statuses(built) == (
        "cancelled",
        {"one": "cancelled", "two": "skipped", "three": "cancelled"},
    )


@pytest.mark.parametrize(
    ("age", "target", "expected"),
    [
        (0.0, "airflow", ("running", "running")),
        (OLD, "airflow", ("running", "pending")),
        (OLD, "docker", ("lost", "pending")),
    ],
)
def test_a_container_that_was_ended_may_be_started_again(
    built: StoreBuilder, age: float, target: str, expected: tuple[str, str]
) -> None:
    moment = built.now - age
    built.run(RUN, {"one": ()}, age=OLD, target=target)
    built.attempt(RUN, "one", started=moment, heartbeat=moment, ended=moment, outcome="cancelled")
    assert statuses(built) == (expected[0], {"one": expected[1]})
