"""What ends a run before its steps do."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, Step, done

ONE_BY_ONE = "kfp's local runner has one step run after the other"

ANSWERS = {
    "ends_the_others": Case(
        title="fail_fast: a failure ends the steps that run",
        shows=("fail_fast",),
        cover=True,
        not_run={"kubeflow": ONE_BY_ONE},
        runs=(
            Run(
                status="failed",
                steps={
                    "endless": Step(status="cancelled", most_seconds=500),
                    "below": Step(status="skipped", attempts=0),
                    "fails": Step(
                        status="failed",
                        error="exception",
                        message="no",
                        hooks=("on_failure fails no",),
                    ),
                },
            ),
        ),
    ),
    "lets_them_end": Case(
        title="stop_on_failure: after a failure steps that run may end, and none starts",
        shows=("stop_on_failure",),
        not_run={"kubeflow": ONE_BY_ONE},
        runs=(
            Run(
                status="failed",
                steps={
                    "goes_on": done(1),
                    "below": Step(status="cancelled", attempts=0),
                    "fails": Step(status="failed", error="exception", message="no"),
                },
            ),
        ),
    ),
    "out_of_time": Case(
        title="timeout of a pipeline: its steps are cancelled, and the run has failed",
        shows=("run_timeout",),
        cover=True,
        runs=(
            Run(
                status="failed",
                steps={
                    "endless": Step(status="cancelled", most_seconds=60),
                    "below": Step(status="skipped", attempts=0),
                },
                hooks=("on_cleanup the run was ended after 12 s, its timeout",),
            ),
        ),
    ),
    "tried_by_engines": Case(
        title="infrastructure_retries: a failed step is not executed again, nor its hooks called",
        runs=(
            Run(
                status="failed",
                steps={
                    "fails": Step(
                        status="failed",
                        attempts=2,
                        waits=(0.0,),
                        error="exception",
                        message="no",
                        hooks=("told fails",),
                        says=("attempt 1", "attempt 2"),
                    ),
                    "fine": done(1, hooks=("told fine",)),
                },
            ),
        ),
    ),
    "one_at_a_time": Case(
        title="max_parallel_steps: of independent steps one runs after the other",
        cover=True,
        shows=("max_parallel_steps",),
        refused={
            "kubeflow": (
                "max_parallel_steps of pipeline 'one_at_a_time' is not supported by the target "
                "'kubeflow'"
            )
        },
        runs=(
            Run(
                steps={"work": done(0), "work_2": done(1), "work_3": done(2)},
                apart=("work", "work_2", "work_3"),
            ),
        ),
    ),
}
