from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.errors import AuthorError
from flowc.ir.json import from_json, to_json
from flowc.ir.verify import verify
from tests.authoring import text, traced

if TYPE_CHECKING:
    from pathlib import Path

STEPS = """
@step
def load(n: int = 3) -> tuple[Annotated[int, "a"], Annotated[str, "b"]]:
    return n, "x"
@step
def add(x: int, y: int = 1) -> int:
    return x + y
@step
def say(x: object) -> None:
    print(x)
"""


def test_outputs_are_unpacked_and_named(tmp_path: Path) -> None:
    source = """
@pipeline
def p():
    a, b = load()
    say(b)
    both = load(n=4)
    say(both.a)
    say(both["b"])
    say(both)
"""
    assert text(tmp_path, STEPS + source) == [
        "pipeline p()",
        "load = load(n=3) -> a: int, b: str",
        "say = say(x=%load.b)",
        "load_2 = load(n=4) -> a: int, b: str",
        "say_2 = say(x=%load_2.a)",
        "say_3 = say(x=%load_2.b)",
        "say_4 = say(x=(%load_2.a, %load_2.b,))",
    ]


def test_steps_in_loops_and_collections_of_handles(tmp_path: Path) -> None:
    source = """
@pipeline
def p(n: int):
    parts = [add(n, i) for i in range(2)]
    say({"parts": parts, "n": n, 1: (parts[0], 2)})
"""
    assert text(tmp_path, STEPS + source) == [
        "pipeline p(n: int)",
        "add = add(x=$n, y=0) -> output: int",
        "add_2 = add(x=$n, y=1) -> output: int",
        'say = say(x={"parts": [%add.output, %add_2.output], "n": $n, 1: (%add.output, 2,)})',
    ]


def test_ids_given_and_taken(tmp_path: Path) -> None:
    source = """
@pipeline
def p():
    add(1, id="add_2")
    add(2)
    add(3)
    add(4, step_name="last", after="add_3")
"""
    assert text(tmp_path, STEPS + source) == [
        "pipeline p()",
        "add_2 = add(x=1, y=1) -> output: int",
        "add = add(x=2, y=1) -> output: int",
        "add_3 = add(x=3, y=1) -> output: int",
        "last = add(x=4, y=1) -> output: int after add_3",
    ]


def test_ids_given_and_taken_by_nested_pipelines(tmp_path: Path) -> None:
    source = """
@pipeline
def inner():
    return add(1)
@pipeline
def middle():
    return inner()
@pipeline
def p():
    say(1, id="inner.add")
    say(inner())
    say(middle())
    say(inner(id="middle.inner_2"))
    say(2, id="inner_2.add")
    inner()
"""
    assert text(tmp_path, STEPS + source, wanted="p") == [
        "pipeline p()",
        "inner.add = say(x=1)",
        "inner.add_2 = add(x=1, y=1) -> output: int",
        "say = say(x=%inner.add_2.output)",
        "middle.inner.add = add(x=1, y=1) -> output: int",
        "say_2 = say(x=%middle.inner.add.output)",
        "middle.inner_2.add = add(x=1, y=1) -> output: int",
        "say_3 = say(x=%middle.inner_2.add.output)",
        "inner_2.add = say(x=2)",
        "inner_2.add_2 = add(x=1, y=1) -> output: int",
    ]
    taken = source.replace("middle.inner_2", "middle.inner")
    with pytest.raises(AuthorError, match=r"the invocation id 'middle\.inner' is taken"):
        text(tmp_path, STEPS + taken, wanted="p")


def test_order_takes_handles_lists_ids_and_later_ids(tmp_path: Path) -> None:
    source = """
@pipeline
def p():
    first = say(0, after="late")
    say(1, after=[first, ["late"], load()])
    say(2, id="late")
"""
    assert text(tmp_path, STEPS + source) == [
        "pipeline p()",
        "load = load(n=3) -> a: int, b: str",
        "late = say(x=2)",
        "say = say(x=0) after late",
        "say_2 = say(x=1) after say, late, load",
    ]


def test_nested_pipelines_are_inlined_below_their_name(tmp_path: Path) -> None:
    source = """
@pipeline(enable_cache=False, settings={"docker": {"parent_image": "inner"}})
def inner(k: int, m: int = 2):
    x = add(k, m)
    say(x, after="add")
    return x
@pipeline(settings={"docker": {"parent_image": "outer", "user": "7"}})
def p(n: int):
    x = inner(n)
    say(inner(x, m=n))
"""
    assert text(tmp_path, STEPS + source, wanted="p") == [
        "pipeline p(n: int)",
        "inner.add = add(x=$n, y=2) -> output: int",
        "uncached",
        "docker parent_image='inner' user='7'",
        "inner.say = say(x=%inner.add.output) after inner.add",
        "uncached",
        "docker parent_image='inner' user='7'",
        "inner_2.add = add(x=%inner.add.output, y=$n) -> output: int",
        "uncached",
        "docker parent_image='inner' user='7'",
        "inner_2.say = say(x=%inner_2.add.output) after inner_2.add",
        "uncached",
        "docker parent_image='inner' user='7'",
        "say = say(x=%inner_2.add.output)",
        "docker parent_image='outer' user='7'",
    ]


@pytest.mark.parametrize(
    ("annotation", "outputs"),
    [
        ("-> int", "output: int"),
        ('-> Annotated[int, "n"]', "n: int"),
        ("", "output: any"),
        ("-> None", ""),
        ('-> "None"', ""),
        ('-> "Missing"', "output: any"),
        ("-> tuple[int, ...]", "output: tuple[int, ...]"),
        ('-> Annotated[tuple[int, str], "pair"]', "pair: tuple[int, str]"),
        ("-> Optional[dict[str, list[float]]]", "output: dict[str, list[float]] | none"),
        ('-> Literal["a", 1]', 'output: Literal["a", 1]'),
    ],
)
def test_declared_outputs(tmp_path: Path, annotation: str, outputs: str) -> None:
    source = f"@step\ndef s() {annotation}:\n    pass\n@pipeline\ndef p():\n    s()\n"
    line = text(tmp_path, source)[1]
    assert line == (f"s = s() -> {outputs}" if outputs else "s = s()")


def test_options_are_changed_in_place_and_on_a_copy(tmp_path: Path) -> None:
    source = """
add.configure(retry=RetryConfig(max_retries=2, delay=0.5))
other = add.with_options(enable_cache=False)
@pipeline
def p():
    add(1)
    other(2)
"""
    assert text(tmp_path, STEPS + source) == [
        "pipeline p()",
        "add = add(x=1, y=1) -> output: int",
        "retry max_retries=2 delay=0.5",
        "add_2 = add(x=2, y=1) -> output: int",
        "uncached",
        "retry max_retries=2 delay=0.5",
    ]


def test_json_form_comes_back_equal(tmp_path: Path) -> None:
    source = """
@pipeline(settings={"docker": {"requirements": ["a==1"], "environment": {"K": "v"}}})
def p(n: int | None = None, shape: int = 2, *, title: str = "\\u20ac"):
    for i in range(shape):
        add([n, {"k": n}], i, id=f"{i}")
"""
    pipeline = traced(tmp_path, STEPS.replace("x: int", "x: object") + source)
    assert from_json(to_json(pipeline)) == pipeline
    verify(pipeline)


def test_every_node_has_the_authors_place(tmp_path: Path) -> None:
    source = """
@step
def s():
    pass
@pipeline
def p():
    s()
"""
    pipeline = traced(tmp_path, source)
    [node] = pipeline.steps
    assert (node.location.line, node.defined and node.defined.line) == (8, 3)
    assert pipeline.location.line == 6
    assert node.location.file == pipeline.location.file


def test_the_plain_function_stays_callable(tmp_path: Path) -> None:
    source = STEPS + "@pipeline\ndef p():\n    say(add.entrypoint(1, 2))\n"
    assert text(tmp_path, source)[1] == "say = say(x=3)"


UNKNOWN_ROW = """
import datetime
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from somewhere import Row
@step
def made(
    when: "datetime.date", row: "Row" = None
) -> "tuple[Annotated[int, 'a'], Annotated[{second}, 'b']]": ...
@pipeline
def p(when: datetime.date):
    made(when)
"""


def test_an_annotation_that_does_not_exist_at_run_time_leaves_the_others(tmp_path: Path) -> None:
    lines = text(tmp_path, UNKNOWN_ROW.replace("{second}", "str"))
    assert lines[1] == "made = made(when=$when, row=null) -> a: int, b: str"
    (step,) = traced(tmp_path, UNKNOWN_ROW.replace("{second}", "str")).steps
    assert [item.type.name for item in step.inputs] == ["datetime:date", ""]


def test_names_of_outputs_are_not_lost_with_their_annotation(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="names its outputs in an annotation that cannot be"):
        traced(tmp_path, UNKNOWN_ROW.replace("{second}", "Row"))
