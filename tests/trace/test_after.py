"""What `after` takes, in a pipeline and across nested ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.errors import AuthorError, FlowcError
from tests.authoring import load, traced

if TYPE_CHECKING:
    from pathlib import Path

STEPS = """
@step
def make(n: int = 1) -> int:
    return n
@step
def two() -> tuple[Annotated[int, "a"], Annotated[int, "b"]]:
    return 1, 2
@step
def quiet() -> None:
    pass
@step
def last(x: int = 0) -> None:
    pass
@pipeline
def silent():
    make(id="x")
    quiet(id="y")
@pipeline
def value():
    return make(id="x")
@pipeline
def values():
    a, b = two(id="x")
    return a, {"b": b, "other": quiet(id="y")}
@pipeline
def empty():
    return None
"""


def order(folder: Path, *body: str, step: str = "last") -> list[str]:
    """What ``step`` follows without getting data from it."""
    lines = "".join(f"    {line}\n" for line in body)
    source = f"{STEPS}@pipeline\ndef p():\n{lines}"
    found = {each.id: each for each in traced(folder, source, wanted="p").steps}
    assert set(found[step].after) <= set(found[step].upstream)
    return list(found[step].after)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("make()", ["make"]),
        ("two()", ["two"]),
        ("two().b", ["two"]),
        ("quiet()", ["quiet"]),
        ("[make(), quiet()]", ["make", "quiet"]),
        ("(make(), [quiet(), 'later'])", ["make", "quiet", "later"]),
        ("{'one': make(), 'all': [quiet()]}", ["make", "quiet"]),
        ("{'later'}", ["later"]),
        ("frozenset({'later'})", ["later"]),
        ("[make() for _ in range(3)]", ["make", "make_2", "make_3"]),
        ("silent()", ["silent.x", "silent.y"]),
        ("value()", ["value.x"]),
        ("values()", ["values.x", "values.y"]),
        ("[value(), silent(id='s'), 'later']", ["value.x", "s.x", "s.y", "later"]),
        ("'inner'", ["inner.x", "inner.y"]),
        ("'inner.y'", ["inner.y"]),
        ("['inner.y', 'inner']", ["inner.y", "inner.x"]),
        ("None", []),
        ("[]", []),
    ],
)
def test_forms(tmp_path: Path, after: str, expected: list[str]) -> None:
    body = [f"last(after={after})", "make(id='later')", "silent(id='inner')"]
    assert order(tmp_path, *body) == expected


def test_a_nested_pipeline_without_steps_is_nothing_to_wait_for(tmp_path: Path) -> None:
    assert order(tmp_path, "last(after=empty())", "make()") == []


def test_a_nested_pipeline_can_come_after(tmp_path: Path) -> None:
    body = ["silent(after=[make(), 'later'])", "silent(id='again', after='silent')"]
    body.append("last(id='later')")
    assert order(tmp_path, *body, step="silent.y") == ["make", "later"]
    assert order(tmp_path, *body, step="again.x") == ["silent.x", "silent.y"]


NESTED = """
@step
def work() -> None:
    pass
@pipeline
def inner():
    work(id="first", after="later")
    work(id="later")
    work(id="third", after=["outside", "late"])
@pipeline
def middle():
    inner()
    work(id="late")
@pipeline
def p():
    middle()
    work(id="outside", after="middle.inner.first")
    work(id="late", after="middle")
"""


def test_ids_are_those_of_the_nested_pipeline_or_full_ones(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="circle"):
        traced(tmp_path, NESTED, wanted="p")
    source = NESTED.replace('["outside", "late"]', '["outside", "middle.late"]')
    found = {each.id: each.after for each in traced(tmp_path, source, wanted="p").steps}
    assert found["middle.inner.first"] == ("middle.inner.later",)
    assert found["middle.inner.third"] == ("outside", "middle.late")
    assert found["outside"] == ("middle.inner.first",)
    assert set(found["late"]) == {name for name in found if name.startswith("middle.")}


@pytest.mark.parametrize(
    ("after", "message", "hint"),
    [
        ("3", "got 3", ""),
        ("make", "got the step itself", "call it first, or give the id of its call"),
        ("silent", "got the pipeline itself", "call it first"),
        ("[make(), None]", "got None", ""),
        ("(x for x in [])", "got <generator", ""),
        ("'mak'", "after names 'mak', which is no invocation", "did you mean 'make'?"),
        ("'siletn'", "after names 'siletn'", "did you mean 'silent'?"),
        ("'last'", "goes round in a circle: last -> last", "take one of the after= away"),
    ],
)
def test_refusals(tmp_path: Path, after: str, message: str, hint: str) -> None:
    with pytest.raises(AuthorError) as caught:
        order(tmp_path, "make()", "silent()", f"last(after={after})")
    assert message in caught.value.message
    assert hint in caught.value.hint
    line = STEPS.count("\n") + 6
    assert caught.value.where.endswith(f".py:{line}"), caught.value.where


def test_all_unknown_ids_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FlowcError) as caught:
        order(tmp_path, "make(after='maek')", "last(after=['lats', 'mak'])")
    told = str(caught.value).splitlines()
    assert [line.partition("after names ")[2][:6] for line in told[::2]] == [
        "'maek'",
        "'lats'",
        "'mak',",
    ]


def test_what_returns_nothing_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="given pipeline 'silent', which returns nothing"):
        order(tmp_path, "last(silent())")


def test_a_handle_of_another_pipeline(tmp_path: Path) -> None:
    source = (
        STEPS + "kept = []\n@pipeline\ndef p():\n    last(after=kept)\n    kept.append(make())\n"
    )
    module = load(tmp_path, source, wanted="p")
    from flowc.driver import trace

    trace(module, {})
    with pytest.raises(AuthorError, match="belongs to another pipeline"):
        trace(module, {})
