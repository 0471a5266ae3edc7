"""What order the steps have, and how they are fed."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, Step, done, refused_everywhere

ANSWERS = {
    "linear": Case(
        title="Three steps in a row",
        cover=True,
        runs=(
            Run(
                steps={
                    "load": done([0, 1, 2, 3]),
                    "double": done([0, 2, 4, 6]),
                    "total": done(12),
                },
                order=("load < double", "double < total"),
            ),
        ),
    ),
    "diamond": Case(
        title="A diamond",
        runs=(
            Run(
                steps={
                    "start": done(3),
                    "left": done(13),
                    "right": done(30),
                    "join": done("13 30"),
                },
                order=("start < left", "start < right", "left < join", "right < join"),
            ),
        ),
    ),
    "fan": Case(
        title="Fan-out to five and fan-in of a list",
        runs=(
            Run(
                steps={
                    "process_chunk": done(0),
                    "process_chunk_2": done(1),
                    "process_chunk_3": done(4),
                    "process_chunk_4": done(9),
                    "process_chunk_5": done(16),
                    "combine_results": done(30),
                },
                order=("process_chunk < combine_results", "process_chunk_5 < combine_results"),
            ),
        ),
    ),
    "together": Case(
        title="Independent steps run at the same time",
        shows=("parallel",),
        not_run={"kubeflow": "kfp's local runner starts one task at a time"},
        runs=(
            Run(
                steps={"alice": done("met bob"), "bob": done("met alice")},
                together=("alice", "bob"),
            ),
        ),
    ),
    "after_forms": Case(
        title="after= a handle, a step without outputs, an id, a mixed list",
        cover=True,
        runs=(
            Run(
                steps={
                    "make": done(1),
                    "announce": Step(outputs={}, says=("announced",)),
                    "by_handle": done("handle"),
                    "by_no_output": done("no output"),
                    "by_mixture": done("mixture"),
                },
                order=(
                    "make < by_handle",
                    "announce < by_no_output",
                    "by_handle < by_mixture",
                    "announce < by_mixture",
                    "by_no_output < by_mixture",
                ),
            ),
        ),
    ),
    "forward": Case(
        title="after= an invocation that is called further down",
        runs=(
            Run(
                steps={"late": done("second"), "early": done("first")},
                order=("early < late",),
            ),
        ),
    ),
    "nested": Case(
        title="Pipelines three deep",
        runs=(
            Run(
                steps={
                    "middle.inner.add": done(6),
                    "middle.add": done(16),
                    "add": done(116),
                },
                order=("middle.inner.add < middle.add", "middle.add < add"),
            ),
        ),
    ),
    "nested_choice": Case(
        title="A nested pipeline whose argument decides its shape, used twice",
        runs=(
            Run(
                steps={
                    "data.load_training": done([1, 2, 3]),
                    "data.scale": done([10, 20, 30]),
                    "data_2.load_test": done([4]),
                    "data_2.scale": done([40]),
                    "compare": done(20),
                },
                order=("data.scale < compare", "data_2.scale < compare"),
            ),
        ),
    ),
    "wide": Case(
        title="Six independent steps",
        runs=(
            Run(
                steps={
                    "alone": done(0),
                    **{f"alone_{number + 1}": done(-number) for number in range(1, 6)},
                },
            ),
        ),
    ),
    "handles_in_containers": Case(
        title="Handles inside lists, tuples and dicts",
        runs=(
            Run(
                steps={
                    "a": done(1),
                    "b": done(2),
                    "collect": done(
                        {
                            "parts": {"a": 1, "deep": [2, {"plain": 3}]},
                            "pair": (2, 4),
                            "rows": [[1, 2], [5]],
                        }
                    ),
                },
                order=("a < collect", "b < collect"),
            ),
        ),
    ),
    "long_chain": Case(
        title="Eight steps in a row, made in a loop",
        runs=(
            Run(
                parameters={"start": 10},
                steps={
                    "add": done(11),
                    **{f"add_{number}": done(10 + number) for number in range(2, 9)},
                },
                order=("add < add_2", "add_2 < add_3", "add_7 < add_8"),
            ),
        ),
    ),
    "after_failure": Case(
        title="What follows a failed step by order alone is skipped",
        runs=(
            Run(
                status="failed",
                steps={
                    "broken": Step(
                        status="failed", error="exception", message="nothing to follow"
                    ),
                    "behind": Step(status="skipped", attempts=0),
                    "apart": done("always"),
                },
            ),
        ),
    ),
    "unknown_after": Case(
        title="after= an unknown invocation is refused, and the nearest is named",
        refused=refused_everywhere("after names 'trian', which is no invocation"),
    ),
    "cycle": Case(
        title="Invocations that wait for each other are refused",
        refused=refused_everywhere("the order of steps goes round in a circle: hen -> egg -> hen"),
    ),
    "by_class": Case(
        title="A pipeline as a class",
        runs=(
            Run(
                parameters={"rows": 4},
                steps={"load": done([0, 1, 2, 3]), "total": done(6), "total_2": done(6)},
                order=("load < total", "load < total_2"),
            ),
        ),
    ),
    "after_nested": Case(
        title="after= a nested pipeline, and a nested pipeline that waits",
        runs=(
            Run(
                steps={
                    "first.work": done("a"),
                    "first.more": done("a"),
                    "second.work": done("b"),
                    "second.more": done("b"),
                    "last": done("c"),
                },
                order=(
                    "first.work < first.more",
                    "first.more < second.work",
                    "second.work < second.more",
                    "second.more < last",
                ),
            ),
        ),
    ),
}
