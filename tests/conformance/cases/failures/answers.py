"""What a failure is recorded as, and what it means for the other steps."""

from __future__ import annotations

from tests.conformance.expectation import ANY, Case, Run, Step, done

ANSWERS = {
    "skipped": Case(
        title="Dependants of a failed step are skipped, independent branches go on",
        shows=("continue_on_failure",),
        cover=True,
        runs=(
            Run(
                status="failed",
                steps={
                    "boom": Step(
                        status="failed",
                        error="exception",
                        message="no use for 'quoted' {{ braces }}",
                    ),
                    "below": Step(status="skipped", attempts=0),
                    "beside": done(2),
                    "total": Step(status="skipped", attempts=0),
                    "ordered": Step(status="skipped", attempts=0),
                    "further": done(4),
                },
                order=("beside < further",),
            ),
        ),
    ),
    "exits": Case(
        title="SystemExit, sys.exit(0) and os._exit are failures",
        runs=(
            Run(
                status="failed",
                steps={
                    "system_exit": Step(status="failed", error="exited", message="enough"),
                    "exit_zero": Step(status="failed", error="exited", message="sys.exit(0)"),
                    "os_exit": Step(status="failed", error="exited", message="status 7"),
                },
            ),
        ),
    ),
    "signals": Case(
        title="Killed, interrupted and signalled steps",
        runs=(
            Run(
                status="failed",
                steps={
                    "killed": Step(status="failed", error="killed", message="SIGKILL"),
                    "interrupted": Step(
                        status="failed", error="exception", message="by the author"
                    ),
                    "signalled": Step(status="failed", error="killed", message="SIGUSR1"),
                },
            ),
        ),
    ),
    "strange_exceptions": Case(
        title="Exceptions that cannot be pickled or printed",
        runs=(
            Run(
                status="failed",
                steps={
                    "unpicklable": Step(
                        status="failed",
                        error="exception",
                        message="locked at 3",
                        hooks=("on_failure Unpicklable",),
                    ),
                    "speechless": Step(
                        status="failed",
                        error="exception",
                        message="<its str() raises>",
                        hooks=("on_failure Speechless",),
                    ),
                },
            ),
        ),
    ),
    "unstorable": Case(
        title="Outputs that cannot be stored",
        runs=(
            Run(
                status="failed",
                steps={
                    "lock": Step(status="failed", error="output", message="lock"),
                    "use": Step(status="skipped", attempts=0),
                    "too_few": Step(status="failed", error="output", message="2"),
                },
            ),
        ),
    ),
    "unloadable": Case(
        title="An input that cannot be loaded, and its failure hook",
        own_keys="cloudpickle is not installed everywhere, and its format counts",
        runs=(
            Run(
                status="failed",
                steps={
                    "make": done(ANY),
                    "use": Step(
                        status="failed",
                        error="input",
                        message="not again",
                        hooks=("on_failure True",),
                    ),
                },
            ),
        ),
    ),
    "timeouts": Case(
        title="A step is ended when its time is over",
        shows=("timeout",),
        runs=(
            Run(
                status="failed",
                steps={
                    "slow": Step(
                        status="failed",
                        error="timeout",
                        message="0.5 s",
                        hooks=("on_failure slow True",),
                        least_seconds=0.5,
                        most_seconds=20,
                    ),
                    "quick": done(2),
                },
            ),
        ),
    ),
    "all_fail": Case(
        title="An exception in a helper, and one with a cause and odd text",
        runs=(
            Run(
                status="failed",
                steps={
                    "divide": Step(status="failed", error="exception", message="division by zero"),
                    "caused": Step(
                        status="failed", error="exception", message="Größe 🎈 \x00 {{ x }}"
                    ),
                },
            ),
        ),
    ),
    "two_failures": Case(
        title="Two failures above one step; a skipped step has no hooks",
        runs=(
            Run(
                status="failed",
                steps={
                    "bad": Step(
                        status="failed",
                        error="exception",
                        message="bad 1",
                        hooks=("told bad", "told bad", "told bad"),
                    ),
                    "bad_2": Step(
                        status="failed",
                        error="exception",
                        message="bad 2",
                        hooks=("told bad_2", "told bad_2", "told bad_2"),
                    ),
                    "join": Step(status="skipped", attempts=0),
                },
            ),
        ),
    ),
}
