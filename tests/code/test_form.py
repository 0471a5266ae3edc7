"""The normal form of one statement."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.passes.code.form import digest_form

SAME = [
    ("x = 1", "x = 1  # one"),
    ("x = (1)", "x = 1"),
    ("x = 1, 2", "x = (1, 2,)"),
    ("x = 'a' 'b'", 'x = "ab"'),
    ("x = b'a' b'b'", 'x = b"ab"'),
    ("x = r'\\d'", "x = '\\\\d'"),
    ("x = f'{a}'", 'x = f"{ a }"'),
    ("x = 0XFF_FF", "x = 0xffff"),
    ("x = 1E5", "x = 1e5"),
    ("f(a, b)", "f(\n  a,  # first\n  b,\n)"),
    ("if a: b; c", "if a:\n    b\n    c"),
    ("if a:\n    pass\n    b", "if a:\n    b"),
    ("def f(a, b): return a", "def f(\n    a,\n    b,\n):\n\n    return a\n"),
    ("def f():\n    'doc'\n    return 1", "def f():\n    '''Other'''\n    return 1"),
    ("def f():\n    'doc'", "def f():\n    pass"),
    ("class A:\n    'doc'\n    x = 1", "class A:\n    x = 1"),
    ("class A():\n    x = 1", "class A:\n    x = 1"),
    ("x[1:2:]", "x[1 : 2]"),
    ("with (a as b, c):\n    d", "with a as b, c:\n    d"),
    ("from a import (b)", "from a import b"),
    ("lambda x, : x", "lambda x: x"),
]
DIFFERENT = [
    ("x = 1", "x = 2"),
    ("x = 1", "x = 1.0"),
    ("x = 1", "x = '1'"),
    ("x = 'a'", "x = b'a'"),
    ("x = 'a'", "x = f'a'"),
    ("x = f'{a}'", "x = f'{a=}'"),
    ("x = f'{a=}'", "x = f'{a = }'"),
    ("x = f'{a}'", "x = f'{a!r}'"),
    ("x = f'{a:1}'", "x = f'{a:2}'"),
    ("x = rf'\\d{a}'", "x = f'\\d{a}'"),
    ("x = [1, 2]", "x = (1, 2)"),
    ("x = 1", "x = 1,"),
    ("x[1]", "x[1,]"),
    ("x = a - (b - c)", "x = a - b - c"),
    ("x = not a", "x = a"),
    ("x = a < b", "x = a > b"),
    ("x += 1", "x -= 1"),
    ("x = a and b", "x = a or b"),
    ("x: int = 1", "x = 1"),
    ("f(a, b)", "f(b, a)"),
    ("f(*a)", "f(**a)"),
    ("f(a=1)", "f(b=1)"),
    ("def f(a, b): pass", "def f(a, /, b): pass"),
    ("def f(a, b): pass", "def f(a, *, b): pass"),
    ("def f(*a): pass", "def f(**a): pass"),
    ("def f(): pass", "async def f(): pass"),
    ("def f(): return 1", "def f(): 1"),
    ("if a:\n    b\nc", "if a:\n    b\n    c"),
    ("if a:\n    b\nelse:\n    c", "if a:\n    c\nelse:\n    b"),
    ("for a in b:\n    c\nelse:\n    d", "for a in b:\n    c\nd"),
    ("try:\n    a\nexcept A:\n    b", "try:\n    a\nexcept* A:\n    b"),
    ("try:\n    a\nexcept A:\n    b", "try:\n    a\nexcept (A, B):\n    b"),
    ("from . import a", "from .. import a"),
    ("from a import b", "from a import b as c"),
    ("@a\ndef f(): pass", "@b\ndef f(): pass"),
    ("@a\n@b\ndef f(): pass", "@b\n@a\ndef f(): pass"),
    ("@a\ndef f():\n    'doc'", "@a\ndef f():\n    'other'"),
    ("class A(B):\n    'doc'", "class A(B):\n    'other'"),
    ("def f():\n    b'no doc'", "def f():\n    pass"),
    ("x = [a for a in b]", "x = {a for a in b}"),
    ("x = [a for a in b if c]", "x = [a for a in b if d]"),
    ("x = a if b else c", "x = c if b else a"),
    ("global a", "nonlocal a"),
    ("x = yield a", "x = yield from a"),
    ("match a:\n    case 1:\n        b", "match a:\n    case 2:\n        b"),
    ("match a:\n    case [b]:\n        b", "match a:\n    case [*b]:\n        b"),
    ("match a:\n    case A(b):\n        b", "match a:\n    case A(b=b):\n        b"),
    ("x = ...", "x = None"),
    ("del x", "x"),
    ("def f[T](a: T): pass", "def f[T: int](a: T): pass"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_layout_is_no_part_of_the_form(one: str, other: str) -> None:
    assert digest_form(one, ())[0] == digest_form(other, ())[0]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_runs_is_part_of_the_form(one: str, other: str) -> None:
    assert digest_form(one, ())[0] != digest_form(other, ())[0]


def test_a_docstring_has_a_digest_of_its_own() -> None:
    one, other = digest_form("def f():\n    'a'", ()), digest_form("def f():\n    'b'", ())
    assert one[0] == other[0]
    assert one[1] != other[1]


def test_skipped_decorators_are_those_of_the_statement() -> None:
    text = "@a\n@b\ndef f():\n    @a\n    def g(): pass"
    assert digest_form(text, (0,)) == digest_form(text.replace("@a\n@b", "@c\n@b"), (0,))
    assert digest_form(text, (0,)) != digest_form(text.replace("    @a", "    @c"), (0,))


def test_what_libcst_cannot_read_counts_as_written() -> None:
    assert digest_form("def f(:", ()) != digest_form("def f( :", ())


NAMES = st.sampled_from(["a", "b"])
ATOMS = st.one_of(
    NAMES,
    st.integers(0, 3).map(str),
    st.text("ab'\"\\\n{}é\U0001f600", max_size=3).map(repr),
    st.floats(0, 2).map(repr),
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda below: st.one_of(
        st.tuples(below, st.sampled_from(["+", "-", "and", "<", "**"]), below).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        st.lists(below, min_size=1, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(below, max_size=3).map(lambda items: f"f({', '.join(items)})"),
        st.tuples(NAMES, below).map(lambda pair: f"(lambda {pair[0]}: {pair[1]})"),
        st.tuples(below, NAMES, below).map(lambda p: f"[{p[0]} for {p[1]} in ({p[2]})]"),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, EXPRESSIONS)
def test_the_form_tells_apart_what_pythons_parser_does(one: str, other: str) -> None:
    same = ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    assert (digest_form(one, ())[0] == digest_form(other, ())[0]) == same


@given(EXPRESSIONS)
def test_what_python_writes_anew_has_the_same_form(text: str) -> None:
    function = f"def f():\n    return {text}"
    assert digest_form(function, ())[0] == digest_form(ast.unparse(ast.parse(function)), ())[0]


def test_a_form_is_the_same_in_every_version_and_forever() -> None:
    """When this fails, every cache of every user is lost: only a wrong form is worth that."""
    text = "def f(a: int = 1, *b, **c) -> str:\n    'doc'\n    return f'{a!r:>{b}}' + \"x\" 'é'"
    assert digest_form(text, ())[0][:16] == "304ac383dc7b57cc"
