from __future__ import annotations

import ast
import math
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from flowc_templates import environment
from flowc_templates.quoting import QuotingError, comment, py, sh, yaml

if TYPE_CHECKING:
    from collections.abc import Callable

NASTY = [
    "",
    " ",
    "yes",
    "NO",
    "y",
    "1e3",
    "0x1f",
    "0o7",
    "1_000",
    "12:30:45",
    "2024-01-02",
    "~",
    "null",
    "=",
    "<<",
    "- a",
    "a: b",
    "a #b",
    "#",
    "'",
    '"',
    "\"'\\",
    "\\n",
    "line\nline\n",
    "\r\n",
    "\ttab ",
    "\0",
    "\x85",
    "\u2028\u2029",
    "\ufeff",
    "\x7f\x9f",
    "\ufffe\uffff",
    "emoji 😀 and 分割",
    "{{ x }} {% y %} {# z #}",
    "{{$.inputs.parameters['x']}}",
    "$(HOME) $HOME `id` %s !",
    "a/b.c-d",
    "/opt/flowc",
    "---",
    "...",
    "*alias &anchor !tag",
    "[1, 2]",
    "@at",
]

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
json_like: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8
)
literals: st.SearchStrategy[Any] = st.recursive(
    scalars | st.binary() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.lists(inner).map(tuple)
        | st.sets(st.integers() | st.text())
    ),
    max_leaves=8,
)

LOADERS = [pyyaml.CSafeLoader, pyyaml.SafeLoader]


def same(one: Any, other: Any) -> bool:
    """Equal, of equal types, and nan is itself."""
    return repr(one) == repr(other)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", NASTY)
def test_yaml_brings_every_text_back(text: str, loader: Any) -> None:
    document = f"block: {yaml(text)}\nflow: {yaml([text, {text: text}])}\n"
    found = pyyaml.load(document, Loader=loader)  # noqa: S506 - one of two safe ones
    assert found == {"block": text, "flow": [text, {text: text}]}


@given(json_like)
def test_yaml_brings_json_like_values_back(value: Any) -> None:
    assert same(pyyaml.load(yaml(value), Loader=pyyaml.CSafeLoader), value)


def test_yaml_keeps_each_code_point() -> None:
    lower = [chr(code) for code in range(0x10000) if not 0xD800 <= code <= 0xDFFF]
    edges = [chr(plane << 16 | low) for plane in range(1, 17) for low in (0, 0xFFFE, 0xFFFF)]
    values = [f"a{char}" for char in lower + edges]
    assert pyyaml.load(yaml(values), Loader=pyyaml.CSafeLoader) == values


def test_yaml_is_plain_where_that_is_safe() -> None:
    words = ["train", "flowc-step", "a.b/c", "STRING", "/opt/flowc"]
    assert [yaml(word) for word in words] == words


def test_yaml_writes_keys_above_the_parsers_limit() -> None:
    value = {"k" * 5000: 1, "\n" * 600: 2}
    assert pyyaml.load(yaml(value), Loader=pyyaml.CSafeLoader) == value


@pytest.mark.parametrize("number", [1e16, 1e-7, 5e-324, 1.5, -0.0, math.inf, -math.inf, 10**40])
def test_yaml_keeps_numbers_and_their_types(number: float) -> None:
    assert same(pyyaml.load(yaml(number), Loader=pyyaml.CSafeLoader), number)


@pytest.mark.parametrize("value", [b"x", {1}, object(), {1: 2}])
def test_yaml_refuses_what_has_no_form(value: object) -> None:
    with pytest.raises(QuotingError):
        yaml(value)


@pytest.mark.parametrize("quote", [yaml, sh])
def test_half_a_surrogate_pair_is_refused(quote: Callable[[object], str]) -> None:
    with pytest.raises(QuotingError, match="half of a surrogate pair"):
        quote("a\ud800b")


@given(literals)
def test_py_brings_every_value_back(value: Any) -> None:
    text = py(value)
    # nan, inf and the empty set have no literal.
    found = eval(text, {"float": float, "set": set, "__builtins__": {}})  # noqa: S307
    assert py(found) == text
    assert found == value or "nan" in text
    assert text.isascii()
    assert "\n" not in text


@pytest.mark.parametrize("text", [*NASTY, "\ud800"])
def test_py_is_a_literal(text: str) -> None:
    assert ast.literal_eval(py(text)) == text


def test_py_reads_as_a_formatter_leaves_it() -> None:
    value = {"a": ["x", 1, None, True], "it's": ("q",), 'say "hi"': b"raw"}
    assert py(value) == """{"a": ["x", 1, None, True], "it's": ("q",), 'say "hi"': b"raw"}"""


def test_py_sorts_sets() -> None:
    assert py({"b", "a"}) == '{"a", "b"}'
    assert py(frozenset((2, 1))) == "frozenset({1, 2})"
    nothing: tuple[set[str], frozenset[str]] = (set(), frozenset())
    assert py(nothing) == "(set(), frozenset())"


@pytest.mark.parametrize("text", [text for text in NASTY if "\0" not in text])
def test_sh_brings_every_text_through_a_shell(text: str) -> None:
    script = f"printf %s {sh(text)}"
    assert subprocess.check_output(["/bin/sh", "-c", script]).decode() == text


def test_sh_joins_the_words_of_a_list() -> None:
    words = ["a b", "c", "$(d)"]
    assert shlex.split(sh(words)) == words


def test_sh_refuses_nul() -> None:
    with pytest.raises(QuotingError, match="NUL"):
        sh("a\0b")


@pytest.mark.parametrize("text", NASTY)
def test_a_comment_is_one_line_in_every_language(text: str) -> None:
    line = comment(text)
    assert len(line.splitlines()) <= 1
    assert pyyaml.load(f"# {line}\nx: 1\n", Loader=pyyaml.CSafeLoader) == {"x": 1}
    assert ast.literal_eval(f"(  # {line}\n 1)") == 1


def test_a_comment_shows_what_is_invisible() -> None:
    assert comment("a\n\tb\u202ec\0 \ud800") == r"a b\u202ec\x00 \ud800"


def test_a_template_with_an_undefined_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


def test_templates_have_every_filter() -> None:
    template = environment().from_string(
        "{{ x | yaml }} {{ x | py }} {{ x | sh }} # {{ x | comment }}"
    )
    assert template.render(x="a b") == '"a b" "a b" \'a b\' # a b'
