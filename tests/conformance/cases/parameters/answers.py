"""How parameters arrive."""

from __future__ import annotations

from datetime import datetime, timezone

from tests.conformance.expectation import Case, Run, done, refused_everywhere

NASTY = (
    'it\'s "quoted" {{ braces }} {% block %} {# no #} {{$.inputs}} $(true) ${x} \\ 🎈\n\ttail.sh'
)
CONSTANT = "{{ x }} {% y %} {{$.z}} $(true) $HOME \"'\\\n\t# no: comment 🎈 tail.sh"
BIG = 2**63 - 1

ANSWERS = {
    "plain_types": Case(
        title="Parameters of every plain type, changed at run time",
        shows=("parameters",),
        cover=True,
        runs=(
            Run(
                parameters={
                    "flag": True,
                    "count": -12,
                    "ratio": 0.1,
                    "text": "",
                    "items": [3, 2, 1],
                    "table": {"b": [1, {"c": None}], "a": {"é": "ü"}},
                },
                steps={
                    "echo": done(
                        {
                            "flag": True,
                            "count": -12,
                            "ratio": 0.1,
                            "text": "",
                            "items": [3, 2, 1],
                            "table": {"b": [1, {"c": None}], "a": {"é": "ü"}},
                        }
                    )
                },
            ),
        ),
    ),
    "optional_types": Case(
        title="None, Optional, Literal and unions as parameters",
        runs=(
            Run(steps={"echo": done([None, "text", "train", 7, (1, 2)])}),
            Run(
                parameters={"maybe": 3, "none": None, "mode": "test", "variadic": [5]},
                steps={"echo": done([3, None, "test", 7, (5,)])},
            ),
        ),
    ),
    "rich_types": Case(
        title="Enums, dates, durations and nested dataclasses as parameters",
        runs=(
            Run(
                steps={
                    "describe": done("RED BLUE 1/0.5 2024-02-29"),
                    "later": done(datetime(2024, 3, 1, 1, tzinfo=timezone.utc)),
                },
            ),
            Run(
                parameters={
                    "colour": "BLUE",
                    "shape": {"colour": "RED", "points": [{"x": 3, "y": 1.5}, {"x": 4}]},
                    "day": "2024-03-01",
                },
                steps={
                    "describe": done("BLUE RED 3/1.5, 4/0.5 2024-03-01"),
                    "later": done(
                        datetime(2024, 3, 1, 1, tzinfo=timezone.utc), status="cached", attempts=0
                    ),
                },
            ),
        ),
    ),
    "bound": Case(
        title="Parameters that decide the shape are bound when compiling",
        runs=(
            Run(
                parameters={"limit": 4},
                steps={"score": done("fold-3 of 4"), "score_2": done("fold-4 of 4")},
            ),
        ),
    ),
    "nasty_text": Case(
        title="Text full of quotes, braces, dollars and line breaks",
        runs=(
            Run(
                parameters={"text": NASTY},
                steps={"given": done(NASTY), "constant": done(CONSTANT)},
            ),
        ),
    ),
    "exact_numbers": Case(
        title="Numbers that a double cannot hold arrive exactly",
        runs=(
            Run(
                parameters={"number": BIG, "nested": {"n": 2**53 + 1}, "ratio": 1e-7},
                steps={"keep": done({"number": BIG, "nested": {"n": 2**53 + 1}, "ratio": 1e-7})},
            ),
        ),
    ),
    "defaults": Case(
        title="Defaults of steps, keyword-only and positional-only arguments",
        runs=(
            Run(
                steps={
                    "collect": done([1, 2, 3, "four"]),
                    "collect_2": done([1, 20, 3, "vier"]),
                    "collect_3": done([1, 0, 30, "four"]),
                }
            ),
        ),
    ),
    "wrong_type": Case(
        title="A constant that does not fit its annotation is refused",
        refused=refused_everywhere("'number' wants int, got 'three'"),
    ),
    "missing": Case(
        title="An argument that a step does not have is refused",
        refused=refused_everywhere("step 'scale' has no input 'facto'"),
    ),
    "forced": Case(
        title="A value that is needed too early is refused",
        refused=refused_everywhere("is only known at run time"),
    ),
    "run_times": Case(
        title="The time of a run as parameters; a value that is given instead",
        cover=True,
        shows=("scheduled_time",),
        own_keys="each run has a time of its own",
        not_run={"kubeflow": "kfp's local runner runs no package that asks for the time of a run"},
        runs=(
            Run(steps={"tell": done([True, True, "now"])}),
            Run(
                parameters=dict.fromkeys(("when", "until", "text"), "2024-02-29T12:00:00Z"),
                steps={"tell": done([True, True, "2024-02-29"])},
            ),
        ),
    ),
}
