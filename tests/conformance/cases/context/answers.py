"""What steps and hooks may know."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, done, refused_everywhere

ANSWERS = {
    "known": Case(
        title="Names, parameters, attempt, status and inputs in the context",
        cover=True,
        runs=(
            Run(
                parameters={"label": "given"},
                steps={
                    "base": done(5),
                    "looking": done(
                        {
                            "name": "looking",
                            "attempt": 1,
                            "status": "running",
                            "parameters": {"label": "given", "items": [1, 2]},
                            "inputs": {"number": 5, "label": "given", "items": [1, 2]},
                            "outputs": {},
                            "pipeline": "known",
                            "run": True,
                        }
                    ),
                },
            ),
        ),
    ),
    "facts": Case(
        title="log_metadata in attempts and hooks",
        runs=(
            Run(
                steps={
                    "train": done(
                        0.75,
                        attempts=2,
                        waits=(0.0,),
                        metadata={
                            "attempt": 2,
                            "only_2": [1, {"ü": None}],
                            "accuracy": 0.75,
                            "hooked": True,
                        },
                    )
                },
            ),
        ),
    ),
    "from_helpers": Case(
        title="The context in helpers; a step called inside a step is a plain call",
        runs=(Run(steps={"outer": done(["A by outer", "B by outer"])}),),
    ),
    "in_pipeline": Case(
        title="The context outside of a step is refused",
        refused=refused_everywhere("works inside a running step"),
    ),
}
