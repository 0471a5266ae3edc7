"""How a run ends before its steps do."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, Step, done

ONE_BY_ONE = {"kubeflow": "kfp's local runner starts one task at a time"}

ANSWERS = {
    "fail_fast": Case(
        title="fail_fast: a failure ends what runs",
        not_run=ONE_BY_ONE,
        runs=(
            Run(
                status="failed",
                steps={
                    "bad": Step(status="failed", error="exception", message="all over"),
                    "slow": Step(status="cancelled", most_seconds=120),
                    "below": Step(status="skipped", attempts=0),
                },
            ),
        ),
    ),
    "stop_on_failure": Case(
        title="stop_on_failure: what runs may end, nothing more begins",
        not_run=ONE_BY_ONE,
        runs=(
            Run(
                status="failed",
                steps={
                    "bad": Step(status="failed", error="exception", message="all over"),
                    "slow": done(1),
                    "below": Step(status="cancelled", attempts=0),
                },
            ),
        ),
    ),
    "run_timeout": Case(
        title="A run is ended when its time is over",
        runs=(
            Run(
                status="failed",
                steps={
                    "slow": Step(status="cancelled", least_seconds=1, most_seconds=120),
                    "below": Step(status="skipped", attempts=0),
                },
            ),
        ),
    ),
}
