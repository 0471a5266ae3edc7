"""When hooks are called, and with what."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, Step, done, refused_everywhere

ANSWERS = {
    "every_event": Case(
        title="on_start, on_success, on_failure, on_end, with and without arguments",
        shows=("hooks",),
        cover=True,
        runs=(
            Run(
                status="failed",
                steps={
                    "fine": done(2, hooks=("on_start fine", "on_success fine 2", "on_end")),
                    "bad": Step(
                        status="failed",
                        error="exception",
                        message="not 2",
                        hooks=("on_start bad", "on_failure ValueError not 2", "on_end"),
                    ),
                },
            ),
        ),
    ),
    "step_wins": Case(
        title="A step's own hook beats the pipeline's",
        runs=(
            Run(
                steps={
                    "plain": done(1, hooks=("on_success of the pipeline plain",)),
                    "own": done(2, hooks=("on_success of the step own",)),
                    "optioned": done(3, hooks=("on_success of the options optioned",)),
                    "configured": done(4, hooks=("on_success of the options configured",)),
                },
            ),
        ),
    ),
    "failing_hooks": Case(
        title="Hooks that raise, exit or are killed change nothing",
        runs=(
            Run(
                steps={
                    "fine": done(
                        1,
                        hooks=("on_start fine", "on_success exits", "on_end dies"),
                        broken_hooks=("on_end", "on_start", "on_success"),
                    ),
                    "below": done(2),
                },
            ),
        ),
    ),
    "on_cached": Case(
        title="A cached step fires on_cached and nothing else",
        cover=True,
        runs=(
            Run(
                steps={
                    "told": done(7, hooks=("on_start", "on_success told")),
                    "untold": done(8, hooks=("on_start", "on_success untold")),
                },
                hooks=("on_init", "on_cleanup"),
            ),
            Run(
                steps={
                    "told": done(7, status="cached", attempts=0, hooks=("on_cached told 7",)),
                    "untold": done(8, status="cached", attempts=0),
                },
                hooks=("on_init", "on_cleanup"),
            ),
        ),
    ),
    "of_the_run": Case(
        title="on_init and on_cleanup, though a step failed",
        shows=("run_hooks",),
        cover=True,
        runs=(
            Run(
                status="failed",
                steps={
                    "fine": done(1),
                    "bad": Step(status="failed", error="exception", message="nothing at 1"),
                },
                hooks=("on_init", "on_cleanup LookupError nothing at 1"),
            ),
        ),
    ),
    "after_success": Case(
        title="on_success finds the outputs stored, and the inputs",
        runs=(
            Run(
                steps={
                    "split": Step(
                        outputs={"half": 3, "rest": [1]},
                        hooks=(
                            "on_success {'half': 3, 'rest': [1]} True {'number': 7}",
                            "on_success completed",
                        ),
                    )
                },
            ),
        ),
    ),
    "after_kill": Case(
        title="on_failure once, after the last attempt, of a killed step",
        runs=(
            Run(
                status="failed",
                steps={
                    "doomed": Step(
                        status="failed",
                        attempts=2,
                        waits=(0.0,),
                        error="killed",
                        message="SIGKILL",
                        hooks=(
                            "on_failure doomed 2 failed {'number': 4}",
                            "on_failure True",
                        ),
                    ),
                    "below": Step(status="skipped", attempts=0),
                },
            ),
        ),
    ),
    "by_import_path": Case(
        title="Hooks named by import path",
        runs=(
            Run(
                steps={
                    "dotted": done(1, hooks=("on_success dotted",)),
                    "colon": done(2, hooks=("on_success colon",)),
                },
            ),
        ),
    ),
    "bad_hook": Case(
        title="A lambda as a hook is refused",
        refused=refused_everywhere("on_success is a lambda; no container could import it"),
    ),
    "no_alerter": Case(
        title="Alerter hooks where no alerter is configured: a warning, not a failure",
        runs=(
            Run(
                status="failed",
                steps={
                    "posts": done("posted"),
                    "fails": Step(status="failed", error="exception", message="nobody is told"),
                },
            ),
        ),
    ),
}
