"""What a second and a third run execute again, after an edit in between."""

from __future__ import annotations

from tests.conformance.expectation import Case, Edit, Run, Step, done


def cached(output: object, **more: object) -> Step:
    return done(output, status="cached", attempts=0, **more)


ANSWERS = {
    "second_run": Case(
        title="A second run is cached; a changed parameter executes what it reaches",
        shows=("caching",),
        cover=True,
        runs=(
            Run(steps={"load": done([0, 1, 2]), "label": done("A"), "report": done("A: 3")}),
            Run(steps={"load": cached([0, 1, 2]), "label": cached("A"), "report": cached("A: 3")}),
            Run(
                parameters={"name": "b"},
                steps={"load": cached([0, 1, 2]), "label": done("B"), "report": done("B: 3")},
            ),
        ),
    ),
    "helper_edited": Case(
        title="An edited helper executes its step; an edited comment does not",
        cover=True,
        runs=(
            Run(steps={"load": done(1), "move": done(11)}),
            Run(
                edits=(Edit(file="lib.py", old="number + BY", new="number + 2 * BY"),),
                steps={"load": cached(1), "move": done(21)},
            ),
            Run(
                edits=(Edit(file="lib.py", old="# Moves it.", new="# Moves it, and how!"),),
                steps={"load": cached(1), "move": cached(21)},
            ),
        ),
    ),
    "imports_elsewhere": Case(
        title="What modules change on import that a step does not import is not seen, nor counts",
        cover=True,
        runs=(
            Run(steps={"look": done("['text'] 8 None")}),
            Run(
                edits=(Edit(file="plugins.py", old="lib.LIMIT = 80", new="lib.LIMIT = 90"),),
                steps={"look": cached("['text'] 8 None")},
            ),
            Run(
                edits=(Edit(file="lib.py", old="LIMIT = 8", new="LIMIT = 9"),),
                steps={"look": done("['text'] 9 None")},
            ),
        ),
    ),
    "early_cutoff": Case(
        title="A step that reran with the same result leaves what follows cached",
        runs=(
            Run(steps={"load": done([1, 2, 3]), "total": done(6)}),
            Run(
                edits=(
                    Edit(
                        file="early_cutoff.py", old="return [1, 2, 3]", new="return [1, 1 + 1, 3]"
                    ),
                ),
                steps={"load": done([1, 2, 3]), "total": cached(6)},
            ),
        ),
    ),
    "disabled": Case(
        title="enable_cache=False on a step",
        runs=(
            Run(steps={"always": done(4), "sometimes": done(5)}),
            Run(steps={"always": done(4), "sometimes": cached(5)}),
        ),
    ),
    "disabled_pipeline": Case(
        title="enable_cache=False on a pipeline, True on one of its steps",
        runs=(
            Run(steps={"inherits": done(1), "insists": done(2)}),
            Run(steps={"inherits": done(1), "insists": cached(2)}),
        ),
    ),
    "tuple_or_list": Case(
        title="A tuple is no list, 1 is not True",
        runs=(
            Run(steps={"list": done("[1, 2]"), "true": done("True"), "same": done("{'a': 1}")}),
            Run(
                edits=(
                    Edit(file="tuple_or_list.py", old="show([1, 2],", new="show((1, 2),"),
                    Edit(file="tuple_or_list.py", old="show(True,", new="show(1,"),
                ),
                steps={
                    "list": done("(1, 2)"),
                    "true": done("1"),
                    "same": cached("{'a': 1}"),
                },
            ),
        ),
    ),
    "include_edited": Case(
        title="An edited data file executes its step again",
        runs=(
            Run(steps={"greet": done("Hello world")}),
            Run(
                edits=(Edit(file="words/greeting.txt", old="Hello", new="Good day"),),
                steps={"greet": done("Good day world")},
            ),
        ),
    ),
    "failed_not_cached": Case(
        title="A failed step is executed again, what completed is cached",
        runs=(
            Run(
                status="failed",
                steps={
                    "fine": done(1),
                    "fragile": Step(status="failed", error="exception", message="not yet"),
                },
            ),
            Run(
                edits=(
                    Edit(
                        file="failed_not_cached.py",
                        old='raise ValueError("not yet")',
                        new="return number + 1",
                    ),
                ),
                steps={"fine": cached(1), "fragile": done(2)},
            ),
        ),
    ),
    "in_one_run": Case(
        title="The same step with the same inputs later in a run is cached",
        runs=(Run(steps={"square": done(9), "again": cached(9)}, order=()),),
    ),
    "constants_edited": Case(
        title="A constant, a class attribute and a default are edited",
        runs=(
            Run(
                steps={
                    "use_constant": done(2),
                    "use_attribute": done(1),
                    "use_default": done(30),
                }
            ),
            Run(
                edits=(
                    Edit(file="constants_edited.py", old="FACTOR = 2", new="FACTOR = 3"),
                    Edit(file="constants_edited.py", old="offset = 1", new="offset = 5"),
                ),
                steps={
                    "use_constant": done(3),
                    "use_attribute": done(5),
                    "use_default": cached(30),
                },
            ),
            Run(
                edits=(Edit(file="constants_edited.py", old="by: int = 10", new="by: int = 7"),),
                steps={
                    "use_constant": cached(3),
                    "use_attribute": cached(5),
                    "use_default": done(21),
                },
            ),
        ),
    ),
    "retries_do_not_count": Case(
        title="Retries, hooks and time limits are no part of the key; the environment is",
        runs=(
            Run(steps={"train": done(1, hooks=("on_success",)), "configured": done(2)}),
            Run(
                edits=(
                    Edit(
                        file="retries_do_not_count.py",
                        old="retry=RETRY, timeout=60, on_success=told",
                        new="timeout=30",
                    ),
                    Edit(file="retries_do_not_count.py", old='"fast"', new='"slow"'),
                ),
                steps={"train": cached(1), "configured": done(2)},
            ),
        ),
    ),
    "policy_files": Case(
        title="CachePolicy: files, ignored inputs, a key function",
        runs=(
            Run(steps={"watches_file": done(1), "ignores": done("2 1"), "by_length": done("abc")}),
            Run(
                edits=(
                    Edit(file="pipeline.py", old="ignores(2, 1)", new="ignores(2, 99)"),
                    Edit(file="pipeline.py", old='"abc"', new='"xyz"'),
                ),
                steps={
                    "watches_file": cached(1),
                    "ignores": cached("2 1"),
                    "by_length": cached("abc"),
                },
            ),
            Run(
                edits=(
                    Edit(file="limit.txt", old="3", new="4"),
                    Edit(file="pipeline.py", old='"xyz"', new='"wxyz"'),
                ),
                steps={
                    "watches_file": done(1),
                    "ignores": cached("2 1"),
                    "by_length": done("wxyz"),
                },
            ),
        ),
    ),
    "expiring": Case(
        title="CachePolicy: an entry that is too old is made anew",
        runs=(
            Run(steps={"short": done(1), "long": done(2)}),
            Run(steps={"short": done(1), "long": cached(2)}),
        ),
    ),
}
