"""What a run configuration and names of runs do."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, done, refused_everywhere

ANSWERS = {
    "configured": Case(
        title="A YAML configuration of the run and of its steps",
        cover=True,
        runs=(
            Run(
                config="nightly.yaml",
                name="nightly-configured-red-night",
                steps={
                    "small": done([0, 1, 2]),
                    "thorough": done("3 50 careful 2", attempts=2, waits=(0.1,)),
                    "report": done("red: 3 50 careful 2 in nightly-configured-red-night"),
                },
            ),
            Run(
                config="nightly.yaml",
                name="nightly-configured-red-night-2",
                steps={
                    "small": done([0, 1, 2], status="cached", attempts=0),
                    "thorough": done("3 50 careful 2", status="cached", attempts=0),
                    "report": done("red: 3 50 careful 2 in nightly-configured-red-night-2"),
                },
            ),
        ),
    ),
    "wrong_config": Case(
        title="An unknown key of a YAML configuration is refused",
        refused=refused_everywhere("step 'train' has no key 'enable_cach'"),
        runs=(Run(config="nightly.yaml", steps={}),),
    ),
    "run_names": Case(
        title="Names of runs from a template, unique by a suffix",
        runs=(
            Run(
                name="run_names-007-test",
                steps={"measure": done(7), "tell": done("run_names-007-test")},
            ),
            Run(
                name="run_names-007-test-2",
                steps={"measure": done(7), "tell": done("run_names-007-test-2")},
            ),
            Run(
                parameters={"rows": 12},
                name="run_names-012-test",
                steps={"measure": done(12), "tell": done("run_names-012-test")},
            ),
        ),
    ),
}
