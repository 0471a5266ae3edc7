from __future__ import annotations

import ast
import inspect
import math
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowc_templates.python_source import Call, docstring, literal, pydoc, pytext
from flowc_templates.quoting import QuotingError

PIECES = [
    '"',
    "'",
    '"""',
    "\\",
    "\n",
    "\r",
    "\t",
    " ",
    "\0",
    "{{ x }}",
    "é",
    "😀",
    "\u2028",
    "\ud800",
    "a",
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def formatted(source: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "99", "-"]
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=True)
    return done.stdout.decode()


@given(TEXTS)
def test_text_is_evaluated_back_exactly(text: str) -> None:
    assert ast.literal_eval(pytext(text)) == text
    assert "\n" not in pytext(text)


@given(JSON)
def test_values_are_evaluated_back_exactly(value: Any) -> None:
    text = literal(value)
    found = eval(text, {"float": float})  # noqa: S307 - infinity is no literal
    assert found == value
    assert repr(found) == repr(value)


@settings(max_examples=20, deadline=None)
@given(st.lists(JSON, min_size=5, max_size=5))
def test_values_are_laid_out_as_the_formatter_does(values: list[Any]) -> None:
    printable = [f"name_{n} = {literal(it, 0, 9)}\n" for n, it in enumerate(values)]
    source = "".join(printable)
    assert formatted(source) == source


def test_wide_values_take_a_line_for_each_item() -> None:
    wide: dict[str, object] = {"key": ["a long text to fill the line"] * 4, "b": {}}
    assert literal(wide, 4, 8) == (
        "{\n"
        '        "key": [\n' + '            "a long text to fill the line",\n' * 4 + "        ],\n"
        '        "b": {},\n'
        "    }"
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(TEXTS, min_size=5, max_size=5))
def test_docstrings_are_read_back_and_formatted(texts: list[str]) -> None:
    docs = [f"{text}\n\nend" for text in texts]
    functions = [
        f"def function_{n}() -> None:\n    {docstring(it, 4)}\n" for n, it in enumerate(docs)
    ]
    source = "\n\n".join(functions)
    assert formatted(source) == source
    for node, text in zip(ast.parse(source).body, docs, strict=True):
        assert isinstance(node, ast.FunctionDef)
        assert words(ast.get_docstring(node) or "") == words(text)


def words(text: str) -> list[str]:
    """The lines without the white space around them, which belongs to the layout."""
    return [line.strip() for line in text.expandtabs().strip().split("\n")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One line.", '"""One line."""'),
        ('"quoted"', '"""\\"quoted\\""""'),
        ("Two\nlines.", '"""Two\n    lines.\n    """'),
        ('a """b""" \\ c', '"""a \\"\\"\\"b\\"\\"\\" \\\\ c"""'),
    ],
)
def test_docstring(text: str, expected: str) -> None:
    assert docstring(text, 4) == expected
    assert inspect.cleandoc(ast.literal_eval(docstring(text, 4))) == text


def test_document_of_a_call_is_read_by_cleandoc() -> None:
    text = "First.\n\n    code\n\nLast."
    source = f'"""\n        {pydoc(text, 8)}\n    """'
    assert inspect.cleandoc(ast.literal_eval(source)) == text


@pytest.mark.parametrize("number", [1e22, 1e-07, -0.0, math.inf, -math.inf, 0.1])
def test_numbers(number: float) -> None:
    assert eval(literal(number), {"float": float}) == number  # noqa: S307 - infinity is no literal
    assert formatted(f"number = {literal(number)}\n") == f"number = {literal(number)}\n"


def test_calls() -> None:
    pair = Call(function="k8s.Pair", arguments=(("key", "a" * 40), ("value", [1])))
    nested = Call(
        function="Outer", arguments=(("pair", pair), ("more", [pair, Call(function="f")]))
    )
    assert literal(pair) == f'k8s.Pair(key="{"a" * 40}", value=[1])'
    source = f"nested = {literal(nested, 0, 9)}\n"
    assert formatted(source) == source
    assert "(\n    pair=k8s.Pair(" in source


def test_what_has_no_literal_is_refused() -> None:
    with pytest.raises(QuotingError, match="no Python literal for a object"):
        literal(object())
