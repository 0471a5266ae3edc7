from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.errors import AuthorError
from tests.authoring import traced

if TYPE_CHECKING:
    from pathlib import Path

STEPS = """
@step
def use(x: object, y: object = 0) -> int:
    return 0
@pipeline
def shaped(times: int, label: str = "l"):
    for _ in range(times):
        use(label)
def helper(value):
    return value
"""


def bound(folder: Path, body: str, **parameters: str) -> dict[str, str]:
    """Why each parameter of ``p(n: int = 1, m: str = "m")`` was bound, without the line."""
    source = STEPS + '@pipeline\ndef p(n: int = 1, m: str = "m"):\n    use(0)\n'
    source += "".join(f"    {line}\n" for line in body.splitlines())
    pipeline = traced(folder, source, wanted="p", **parameters)
    return {
        item.name: item.why.partition(" in line")[0]
        for item in pipeline.parameters
        if item.bound is not None
    }


@pytest.mark.parametrize(
    "body",
    [
        "use(n, m)",
        "use(x=n, y={'a': [m, (n,)]})",
        "k = n\nuse(k)",
        "both = {'n': n}\nuse(both)",
        "return n",
        "shaped(2, label=m)",
        "s = use.with_options(enable_cache=False)\ns(n)",
        "if True:\n    use(n)",
        "[use(n) for _ in range(2)]",
    ],
)
def test_what_is_only_passed_on_stays_open(tmp_path: Path, body: str) -> None:
    assert bound(tmp_path, body) == {}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("if n:\n    use(1)", "it decides an if"),
        ("if n is None:\n    use(1)", "it is compared"),
        ("k = n\nif k is None:\n    use(1)", "it is compared"),
        ("for i in range(n):\n    use(i)", "it is given to range()"),
        ("use(n + 1)", "it is computed with"),
        ("use(f'{n}')", "it is formatted into a text"),
        ("use(-n)", "it is computed with"),
        ("n += 1\nuse(n)", "it is computed with"),
        ("use(1, after=n and None)", "it decides an 'and' or 'or'"),
        ("use(0 if n else 1)", "it decides a conditional expression"),
        ("use([1, 2][n])", "it is subscripted"),
        ("use(n.real)", "an attribute of it is used"),
        ("use(str(n))", "it is given to str()"),
        ("use(helper(n))", "it is given to helper()"),
        ("shaped(n)", "pipeline 'shaped' needs it: it is given to range()"),
        ("while n > 1:\n    n = 0", "it is compared"),
        ("use(1, id='a' * n)", "it is computed with"),
        ("[use(i) for i in range(n)]", "it is given to range()"),
        ("f = lambda: n\nuse(f())", "it is used by an inner function"),
        ("use([*range(n)])", "it is given to range()"),
    ],
)
def test_what_decides_the_shape_is_bound(tmp_path: Path, body: str, why: str) -> None:
    assert bound(tmp_path, body) == {"n": why}


@pytest.mark.parametrize(
    ("parameter", "body", "why"),
    [
        ("n: str = 'ab'", "a, b = n", "it is unpacked"),
        ("n: str = 'ab'", "use(','.join([n]))", "it is given to join()"),
        ("n: dict[str, int] = {}", "n['a'] = 1", "it is subscripted"),
        ("n: dict[str, int] = {'a': 1}", "n['a'] += 1", "it is subscripted"),
    ],
)
def test_what_is_taken_apart_is_bound(tmp_path: Path, parameter: str, body: str, why: str) -> None:
    source = f"{STEPS}@pipeline\ndef p({parameter}):\n    use(0)\n    {body}\n"
    [found] = traced(tmp_path, source, wanted="p").parameters
    assert (found.bound is not None, found.why.partition(" in line")[0]) == (True, why)


def test_without_annotation_it_is_bound(tmp_path: Path) -> None:
    pipeline = traced(tmp_path, STEPS + "@pipeline\ndef p(n=4):\n    use(n)\n", wanted="p")
    [parameter] = pipeline.parameters
    assert (parameter.bound, parameter.why) == ("4", "it has no annotation")


def test_the_reason_names_the_line(tmp_path: Path) -> None:
    source = STEPS + "@pipeline\ndef p(n: int = 1):\n    if n:\n        use(0)\n"
    [parameter] = traced(tmp_path, source, wanted="p").parameters
    assert parameter.why == "it decides an if in line 14"


def test_a_given_value_binds_or_becomes_the_default(tmp_path: Path) -> None:
    source = STEPS + "@pipeline\ndef p(n: int, m: str):\n    use(m, id=f'i{n}')\n"
    pipeline = traced(tmp_path, source, wanted="p", n="7", m="7")
    n, m = pipeline.parameters
    assert (n.bound, n.default, m.bound, m.default) == ("7", None, None, '"7"')
    assert pipeline.steps[0].id == "i7"


def test_a_value_forced_where_the_text_does_not_tell(tmp_path: Path) -> None:
    source = STEPS + "@pipeline\ndef p(n: int = 1):\n    d = {'n': n}\n    use(d['n'] * 2)\n"
    with pytest.raises(AuthorError) as raised:
        traced(tmp_path, source, wanted="p")
    assert "the value of parameter 'n' is needed" in raised.value.message
    assert raised.value.where.endswith(":15")
    assert "leave its annotation away" in raised.value.hint


@pytest.mark.parametrize(
    ("annotation", "text", "stored"),
    [
        ("str", '"quoted" {{ x }}', '"\\"quoted\\" {{ x }}"'),
        ("str", "5", '"5"'),
        ("int", "123456789012345678901234567890", "123456789012345678901234567890"),
        ("float", "5", "5"),
        ("bool", "true", "true"),
        ("int | None", "null", "null"),
        ("str | None", "null", "null"),
        ("str | None", "5", '"5"'),
        ("dict", '{"a": {"b": [1, null]}}', '{"a": {"b": [1, null]}}'),
        ("list[int]", "[1, 2]", "[1, 2]"),
        ('Literal["a", "b"]', "a", '"a"'),
        ("object", "text", '"text"'),
    ],
)
def test_typed_texts(tmp_path: Path, annotation: str, text: str, stored: str) -> None:
    source = STEPS + f"@pipeline\ndef p(n: {annotation}):\n    use(n)\n"
    [parameter] = traced(tmp_path, source, wanted="p", n=text).parameters
    assert parameter.default == stored


@pytest.mark.parametrize(
    ("annotation", "text"),
    [("int", "x"), ("int", "1.5"), ("bool", "1"), ("list[int]", '["a"]'), ('Literal["a"]', "b")],
)
def test_a_value_of_the_wrong_type_is_refused(tmp_path: Path, annotation: str, text: str) -> None:
    source = STEPS + f"@pipeline\ndef p(n: {annotation}):\n    use(n)\n"
    with pytest.raises(AuthorError, match="'n'"):
        traced(tmp_path, source, wanted="p", n=text)


def test_unknown_missing_and_too_large(tmp_path: Path) -> None:
    source = (
        STEPS + "@pipeline\ndef p(number: int, text: str = ''):\n    use(text, id=f'{number}')\n"
    )
    with pytest.raises(AuthorError, match="did you mean 'number'"):
        traced(tmp_path, source, wanted="p", numbr="1")
    with pytest.raises(AuthorError, match="it has no default") as raised:
        traced(tmp_path, source, wanted="p")
    assert raised.value.hint == "--param number=VALUE"
    with pytest.raises(AuthorError, match="65,536"):
        traced(tmp_path, source, wanted="p", number="1", text="x" * 65_536)


def test_a_default_must_fit_its_annotation(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="the default of 'n' is 'x'"):
        traced(tmp_path, STEPS + "@pipeline\ndef p(n: int = 'x'):\n    use(n)\n", wanted="p")
