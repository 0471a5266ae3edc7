"""How often a step is tried, and how long is waited in between."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, Step, done, refused_everywhere

ANSWERS = {
    "third_time": Case(
        title="Succeeds at the third attempt; the delay doubles",
        shows=("retries", "logs"),
        cover=True,
        runs=(
            Run(
                steps={
                    "flaky": done(
                        13,
                        attempts=3,
                        waits=(0.2, 0.4),
                        says=("attempt 1", "attempt 2", "attempt 3"),
                    ),
                    "after_it": done(26),
                },
            ),
        ),
    ),
    "exhausted": Case(
        title="Retries run out; the pipeline's apply to steps without their own",
        runs=(
            Run(
                status="failed",
                steps={
                    "hopeless": Step(
                        status="failed",
                        attempts=3,
                        waits=(0.1, 0.1),
                        error="exception",
                        message="attempt 3",
                    ),
                    "once": Step(status="failed", error="exception", message="no second try"),
                },
            ),
        ),
    ),
    "capped": Case(
        title="Delays grow until max_delay",
        runs=(
            Run(
                status="failed",
                steps={
                    "hopeless": Step(
                        status="failed",
                        attempts=4,
                        waits=(0.1, 0.2, 0.2),
                        error="exception",
                        message="busy",
                    )
                },
            ),
        ),
    ),
    "only_on": Case(
        title="only_on: a listed exception is tried again, another is not",
        runs=(
            Run(
                status="failed",
                steps={
                    "listed": done(1, attempts=2, waits=(0.0,)),
                    "unlisted": Step(status="failed", error="exception", message="for good"),
                },
            ),
        ),
    ),
    "killed_then_fine": Case(
        title="A killed and a timed-out attempt are retried",
        runs=(Run(steps={"unlucky": done("attempt 3", attempts=3, waits=(0.1, 0.1))}),),
    ),
    "bad_retry": Case(
        title="A negative delay is refused",
        refused=refused_everywhere("delay wants a number from 0, got -1"),
    ),
    "of_nested": Case(
        title="A nested pipeline keeps its own retries and hooks",
        runs=(
            Run(
                steps={
                    "inner.flaky": done(
                        3,
                        attempts=3,
                        waits=(0.0, 0.0),
                        hooks=("on_success inner inner.flaky",),
                    ),
                    "flaky": done(2, attempts=2, waits=(0.0,), hooks=("on_success outer flaky",)),
                },
                order=("inner.flaky < flaky",),
            ),
        ),
    ),
}
