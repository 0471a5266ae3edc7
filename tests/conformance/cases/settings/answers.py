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
    "bad_setting": Case(
        title="An unknown key of the docker settings is refused",
        refused=refused_everywhere("settings['docker'] has no key 'requirments'"),
    ),
}
