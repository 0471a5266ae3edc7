"""Constants that fit their annotation, and constants that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc import ir
from flowc.errors import AuthorError
from flowc.trace.fitting import accepts
from tests.authoring import traced

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
import enum, os, typing, uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path, PurePath
class Colour(enum.Enum):
    RED = 1
class Size(enum.IntEnum):
    ONE = 1
class Name(str, enum.Enum):
    ANN = "ann"
@dataclass(frozen=True)
class D:
    x: int = 1
@dataclass(frozen=True)
class E(D): ...
@dataclass(frozen=True)
class Other:
    x: int = 1
class Pair(typing.NamedTuple):
    a: int
    b: str
class Row(typing.TypedDict):
    a: int
class Closes(typing.Protocol):
    def close(self): ...
@typing.runtime_checkable
class Named(typing.Protocol):
    name: str
class Odd(type):
    def __instancecheck__(cls, value):
        raise RuntimeError
class Asks(metaclass=Odd): ...
class Lost: ...
Alias = Lost
del Lost
T = typing.TypeVar("T")
@step
def make() -> int: ...
"""


class Thing: ...


def constant(folder: Path, annotation: str, value: str) -> ir.Value:
    source = f"{SOURCE}@step\ndef r(p: {annotation}) -> None: ...\n"
    pipeline = traced(folder, f"{source}@pipeline\ndef p():\n    r({value})\n", wanted="p")
    return pipeline.steps[-1].inputs[0].value


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("date", "'2020-01-01'"),
        ("date | None", "'2020-01-01'"),
        ("datetime", "date(2020, 1, 1)"),
        ("timedelta", "3"),
        ("Decimal", "'1'"),
        ("Decimal", "True"),
        ("complex", "'1'"),
        ("uuid.UUID", "'x'"),
        ("Path", "'x'"),
        ("Path", "PurePath('x')"),
        ("os.PathLike", "'x'"),
        ("Colour", "1"),
        ("Size", "1"),
        ("Name", "'ann'"),
        ("D", "{'x': 1}"),
        ("D", "Other()"),
        ("D", "None"),
        ("E", "D()"),
        ("Pair", "(1, 'a')"),
        ("Mapping", "[1]"),
        ("Named", "1"),
        ("list[int]", "['a']"),
        ("list[int]", "[1, None]"),
        ("list[list[int]]", "[[1], ['a']]"),
        ("list[D]", "[Other()]"),
        ("list[Annotated[int, 'a']]", "['a']"),
        ("set[int]", "{'a'}"),
        ("frozenset[str]", "frozenset([1])"),
        ("tuple[int, str]", "(1, 2)"),
        ("tuple[int, str]", "(1,)"),
        ("tuple[int, ...]", "(1, 'a')"),
        ("dict[str, int]", "{1: 2}"),
        ("dict[str, int]", "{'a': 'b'}"),
        ("dict[str, list[date]]", "{'a': ['b']}"),
        ("list[int] | dict[str, int]", "['a']"),
        ("Optional[list[int]]", "['a']"),
        ("list[Literal['a', 'b']]", "['c']"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, annotation: str, value: str) -> None:
    with pytest.raises(AuthorError, match="step 'r': 'p' wants ") as raised:
        constant(tmp_path, annotation, value)
    assert ".py:" in raised.value.where


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("date", "date(2020, 1, 1)"),
        ("date", "datetime(2020, 1, 1)"),
        ("date | None", "None"),
        ("date | str", "'2020-01-01'"),
        ("Decimal", "Decimal(1)"),
        ("Decimal", "1"),
        ("complex", "1.5"),
        ("Path", "Path('x')"),
        ("PurePath", "Path('x')"),
        ("os.PathLike", "Path('x')"),
        ("Colour", "Colour.RED"),
        ("int", "Size.ONE"),
        ("str", "Name.ANN"),
        ("D", "D()"),
        ("D", "E()"),
        ("Pair", "Pair(1, 'a')"),
        ("tuple[int, str]", "Pair(1, 'a')"),
        ("Row", "{'a': 1}"),
        ("Mapping", "{1: 2}"),
        ("Sequence[int]", "['a']"),
        ("Closes", "1"),
        ("Named", "Colour.RED"),
        ("Asks", "1"),
        ("Alias", "1"),
        ("T", "1"),
        ("list[T]", "[1, 'a']"),
        ("typing.Any", "[1]"),
        ("object", "[1]"),
        ("list", "[1, 'a']"),
        ("list[int]", "[]"),
        ("list[float]", "[1, 1.5]"),
        ("list[int | None]", "[1, None]"),
        ("list[typing.Any]", "['a', 1]"),
        ("list[D]", "[D(), E()]"),
        ("set[int]", "{1}"),
        ("tuple", "(1, 'a')"),
        ("tuple[int, ...]", "()"),
        ("tuple[int, ...]", "(1, 2, 3)"),
        ("tuple[int, typing.Unpack[tuple[str, ...]]]", "(1, 'a', 'b')"),
        ("dict[str, int]", "{'a': 1}"),
        ("dict[str, float]", "{'a': 1}"),
        ("dict[Colour, date]", "{Colour.RED: date(2020, 1, 1)}"),
        ("list[int] | list[str]", "['a']"),
        ("list[int]", "[1, make()]"),
        ("dict[str, D]", "{'a': make()}"),
        ("dict[str, list[int]]", "{'a': [make()]}"),
    ],
)
def test_what_fits_or_cannot_be_told_is_accepted(
    tmp_path: Path, annotation: str, value: str
) -> None:
    if "Unpack" in annotation:
        annotation = annotation.replace("typing.", "__import__('typing_extensions').")
    constant(tmp_path, annotation, value)


def test_a_class_that_is_not_here_accepts_anything() -> None:
    assert accepts(ir.Type(kind="class", name="not_installed.here:Thing"), 1)
    assert accepts(ir.Type(kind="class", name="json:NoSuchClass"), 1)


def thing(module: str) -> object:
    return type("Thing", (), {"__module__": module})()


def test_an_instance_of_a_class_that_was_defined_anew() -> None:
    wanted = ir.Type(kind="class", name=f"{__name__}:Thing")
    assert accepts(wanted, thing(__name__))
    assert not accepts(ir.Type(kind="class", name="datetime:date"), thing(__name__))


def test_the_script_that_runs_is_a_module_in_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowc_runtime.values.objects.main_name", lambda: __name__)
    assert accepts(ir.Type(kind="class", name=f"{__name__}:Thing"), thing("__main__"))
    assert accepts(ir.Type(kind="class", name="__main__:Thing"), thing(__name__))


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        ("date", '"2020-01-01"'),
        ("Decimal", '"1.5"'),
        ("Path", '"x"'),
        ("Colour", '"RED"'),
        ("D", '{"x": 2}'),
        ("Row", '{"a": 2}'),
        ("dict[str, list[float]]", '{"a": [1]}'),
    ],
)
def test_a_plain_value_of_a_parameter(tmp_path: Path, annotation: str, text: str) -> None:
    """It has become what the annotation says before a step is given it, and so has a default."""
    source = f"{SOURCE}@step\ndef r(p: {annotation}) -> None: ...\n@pipeline\n"
    body = "    if v is not None: r(v)\n"
    traced(tmp_path, f"{source}def p(v: {annotation}):\n{body}", wanted="p", v=text)
    traced(tmp_path, f"{source}def p(v: {annotation} = {text}):\n{body}", wanted="p")


def test_a_long_value_is_not_printed_whole(tmp_path: Path) -> None:
    with pytest.raises(AuthorError) as raised:
        constant(tmp_path, "list[int]", "['a'] * 10_000")
    assert len(raised.value.message) < 300
