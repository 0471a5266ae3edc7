"""What steps return, and how it arrives at the next one."""

from __future__ import annotations

from tests.conformance.expectation import ANY, Case, Run, Shown, Step, done, refused_everywhere

JSON_VALUES = (
    "{'float': 1e+300, 'big': 1180591620717411303424, 'text': 'ü\\x00\\n', "
    "'bytes': b'\\x00\\xff', 'tuple': (1, (2,)), 'set': {3}, 'frozen': frozenset({4}), "
    "'date': datetime.date(2024, 2, 29), 'delta': datetime.timedelta(microseconds=1), "
    "'decimal': Decimal('1.10'), 'uuid': UUID('00000000-0000-0000-0000-000000000005'), "
    "'keys': {1: 'int', (2, 3): 'tuple', None: 'none'}, "
    "'box': Box(size=<Size.SMALL: 1>, sides=(1, 2))}"
)

ANSWERS = {
    "several_outputs": Case(
        title="Several named outputs, a tuple, no output",
        cover=True,
        runs=(
            Run(
                steps={
                    "split": Step(outputs={"even": [2, 4], "odd": [1, 3]}),
                    "pair": Step(outputs={"both": (1, "one")}),
                    "use": done([[2, 4], [1, 3], (1, "one")]),
                    "silent": Step(outputs={}, says=("3",)),
                },
            ),
        ),
    ),
    "nothing": Case(
        title="None is a value, and annotations may be missing",
        runs=(
            Run(
                steps={
                    "find": done(None),
                    "hit": done("found"),
                    "bare": done(["found"]),
                    "show": done("None ['found']"),
                },
            ),
        ),
    ),
    "json_values": Case(
        title="Numbers, dates, sets, enums and dataclasses keep their types",
        runs=(Run(steps={"make": done(Shown(JSON_VALUES)), "show": done(JSON_VALUES)}),),
    ),
    "text_and_bytes": Case(
        title="Text and bytes as they are",
        runs=(
            Run(
                steps={
                    "make": Step(
                        outputs={"text": "line\r\nÄ🎈\n", "data": bytes(range(256)), "empty": ""}
                    ),
                    "measure": done([9, 256, 0]),
                },
            ),
        ),
    ),
    "files": Case(
        title="A file and a folder",
        runs=(
            Run(
                steps={
                    "write_file": done(ANY),
                    "write_folder": done(ANY),
                    "read": done(
                        {
                            "name": "numbers.csv",
                            "text": "a,b\n1,2\n",
                            "folder": ["deep", "deep/ü.txt", "run.sh"],
                            "executable": True,
                        }
                    ),
                },
            ),
        ),
    ),
    "pickled": Case(
        title="A value that only a pickle can keep",
        own_keys="cloudpickle is not installed everywhere, and its format counts",
        runs=(Run(steps={"train": done(ANY), "predict": done(3.0)}),),
    ),
    "own_materializer": Case(
        title="A materializer of the author's own",
        runs=(
            Run(
                steps={
                    "table": done([["digit", "count"], ["7", "3,5"]]),
                    "rows": done(2),
                },
            ),
        ),
    ),
    "large": Case(
        title="An output of eight megabytes and a log of 2000 lines",
        runs=(Run(steps={"make": done(ANY), "measure": done(256 * 32768 + 32640)}),),
    ),
    "arrays": Case(
        title="Arrays of numpy, in an image with numpy",
        shows=("images",),
        runs=(
            Run(
                steps={
                    "make": done(Shown("array([[0, 1, 2],\n       [3, 4, 5]], dtype=int16)")),
                    "scale": done(ANY),
                    "show": done(["int16", [[0.0, 0.5, 1.0], [1.5, 2.0, 2.5]], (2, 3)]),
                },
            ),
        ),
    ),
    "path_and_json": Case(
        title="A dict that holds files and plain values",
        runs=(Run(steps={"make": done(ANY), "read": done(["first", "second", 2])}),),
    ),
    "wrong_annotation": Case(
        title="Several return values without names are refused",
        refused=refused_everywhere("returns several values without names"),
    ),
}
