"""What invocations are called."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, Step, done, refused_everywhere

ANSWERS = {
    "numbered": Case(
        title="Ids are numbered, or given by id= and step_name=",
        runs=(
            Run(
                steps={
                    "my_step": done(1),
                    "my_step_2": done(2),
                    "second_step": done(3),
                    "my_step_5": done(4),
                    "my_step_3": done(5),
                    "renamed": done(-6),
                }
            ),
        ),
    ),
    "odd_ids": Case(
        title="Ids with quotes, braces, slashes, dots and other scripts",
        runs=(
            Run(
                steps={
                    "it's {{ odd }} $(x) 100%": done("a"),
                    "Größe/分割 🎈.sh": done("a"),
                    "..": done("c"),
                },
                order=("it's {{ odd }} $(x) 100% < ..",),
            ),
        ),
    ),
    "unicode_names": Case(
        title="Steps, parameters and outputs named in other scripts",
        runs=(
            Run(
                parameters={"zähler": 41},
                steps={
                    "größe": Step(outputs={"länge": 42}),
                    "合計": Step(outputs={"文": "Größe 🎈: 42"}),
                },
            ),
        ),
    ),
    "taken_id": Case(
        title="An id given twice is refused",
        refused=refused_everywhere("the invocation id 'same' is taken"),
    ),
    "near_ids": Case(
        title="Ids that an engine cannot tell apart are refused there",
        refused={
            "kubeflow": "would both have a task called 'a-b'",
            "airflow3": "would both be Airflow's task 'a_b'",
            "airflow2": "would both be Airflow's task 'a_b'",
        },
        runs=(Run(steps={"a b": done(1), "a:b": done(2)}),),
    ),
}
