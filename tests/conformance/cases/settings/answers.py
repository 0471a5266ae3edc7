"""What settings do."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, done, refused_everywhere

NASTY = 'it\'s "quoted" $HOME ${X} $$ {{ x }} {% y %} \\ 🎈'

ANSWERS = {
    "environment": Case(
        title="Environment variables of the pipeline; a step's own instead of them",
        runs=(
            Run(
                steps={
                    "read": done(["fast", None, NASTY]),
                    "read_own": done(["slow", "mine", None]),
                },
            ),
        ),
    ),
    "resources": Case(
        title="Cores and memory of the pipeline; a step's own instead of them",
        runs=(Run(steps={"small": done("small"), "large": done("small, large")}),),
    ),
    "placement": Case(
        title="A step for certain nodes; refused where there are none",
        runs=(Run(steps={"somewhere": done("here")}),),
        own_keys="no run on this machine to compare with",
        refused={
            target: (
                "the setting 'node_selector' of step 'somewhere' is not supported by the target "
                f"'{target.rstrip('23')}'"
            )
            for target in ("local", "docker", "airflow2", "airflow3", "prefect")
        },
    ),
    "bad_setting": Case(
        title="An unknown key of the docker settings is refused",
        refused=refused_everywhere("settings['docker'] has no key 'requirments'"),
    ),
}
