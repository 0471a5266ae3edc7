from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import fractions
import json
import math
import pathlib
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc_runtime import values
from flowc_runtime.values import hints
from tests.values import samples

if TYPE_CHECKING:
    from flowc_runtime.contract import TypeSpec


FITTING: list[tuple[str, Any, Any]] = [
    ("9007199254740993", int, 2**53 + 1),
    ("1", float, 1.0),
    ("1e3", float, 1000.0),
    ('"Infinity"', float, math.inf),
    ("true", bool, True),
    ("null", None, None),
    ('"é\\ud83d\\ude00"', str, "é\U0001f600"),
    ('"AP8="', bytes, b"\x00\xff"),
    ("[1, 2]", list[int], [1, 2]),
    ("[1, 2]", list[float], [1.0, 2.0]),
    ('[1, "a"]', tuple[int, str], (1, "a")),
    ("[1, 2, 3]", tuple[int, ...], (1, 2, 3)),
    ("[1, 1]", set[int], {1}),
    ("[]", frozenset[str], frozenset()),
    ('{"a": 1}', dict[str, float], {"a": 1.0}),
    ('{"1": "a"}', dict[int, str], {1: "a"}),
    ('{"RED": 1}', dict[samples.Color, int], {samples.Color.RED: 1}),
    ('{"[1, 2]": 1}', dict[tuple[int, ...], int], {(1, 2): 1}),
    ('[[1, "a"]]', dict[int, str], {1: "a"}),
    ('{"a": [1, 1.0, null, {"$float": 1}]}', Any, {"a": [1, 1.0, None, {"$float": 1}]}),
    ("[1]", list, [1]),
    ("1", int | None, 1),
    ("null", int | None, None),
    ("1", float | int, 1),
    ("1", float | str, 1.0),
    ("1.5", int | float, 1.5),
    ("[1]", list[float] | list[int], [1]),
    ('"2024-01-01"', dt.date | str, dt.date(2024, 1, 1)),
    ('"soon"', dt.date | str, "soon"),
    ("1.10", decimal.Decimal, decimal.Decimal("1.10")),
    ('"1.10"', decimal.Decimal, decimal.Decimal("1.10")),
    ('"1/3"', fractions.Fraction, fractions.Fraction(1, 3)),
    ("90.5", dt.timedelta, dt.timedelta(seconds=90.5)),
    ('"P1DT2H30M"', dt.timedelta, dt.timedelta(days=1, hours=2, minutes=30)),
    ('"-P1W"', dt.timedelta, dt.timedelta(days=-7)),
    ('"2024-02-29"', dt.datetime, dt.datetime(2024, 2, 29)),  # noqa: DTZ001
    ('"2024-02-29T12:30Z"', dt.datetime, dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.timezone.utc)),
    ('"12:30:01.5"', dt.time, dt.time(12, 30, 1, 500000)),
    ('"Europe/Berlin"', zoneinfo.ZoneInfo, samples.BERLIN),
    ('"a/b"', pathlib.Path, pathlib.Path("a/b")),
    (f'"{uuid.UUID(int=7)}"', uuid.UUID, uuid.UUID(int=7)),
    ("[1, 2]", complex, complex(1, 2)),
    ('"RED"', samples.Color, samples.Color.RED),
    ('"ROSE"', samples.Color, samples.Color.RED),
    ('"g"', samples.Color, samples.Color.GREEN),
    ("2", samples.Level, samples.Level.HIGH),
    ("3", samples.Mode, samples.Mode.READ | samples.Mode.WRITE),
    ('{"rate": 1, "color": "RED", "inner": {"rate": 2}}', samples.Config,
     samples.Config(1.0, [], samples.Color.RED, samples.Config(2.0))),
    ('{"name": "a", "tags": ["x"]}', samples.Frozen, samples.Frozen("a", frozenset({"x"}))),
    ('{"x": 1}', samples.Point, samples.Point(1)),
    ('{"when": "2024-01-01"}', samples.Options, {"when": dt.date(2024, 1, 1)}),
]  # fmt: skip
UNFITTING: list[tuple[str, Any, str]] = [
    ('"x"', int, " wants int, got the string 'x'"),
    ("1.0", int, " wants int, got the number 1.0"),
    ("true", int, " wants int, got true"),
    ("1", bool, " wants bool, got the number 1"),
    ("0", None, " wants None, got the number 0"),
    ("NaN", float, " wants float, got the number nan: it is not finite"),
    ("1e999", float, " wants float, got the number 1e999: it is not finite"),
    ("Infinity", Any, " wants float, got the number inf"),
    ("1" + "0" * 400, float, ": it is too large"),
    ("[NaN]", Any, " at [0] wants float"),
    ("1" * 5000, int, " is not JSON: "),
    ("null", str, " wants str, got null"),
    ('"%%%%"', bytes, ": it is not base64"),
    ('"AP8=\\n"', bytes, ": it is not base64"),
    ('{"a": [1, "x"]}', dict[str, list[int]], " at ['a'][1] wants int, got the string 'x'"),
    ("[1]", tuple[int, str], " wants tuple[int, str], got a list of 1"),
    ("[[1]]", set[list[int]], "unhashable"),
    ("{}", list[int], " wants list[int], got an object"),
    ('{"x": 1}', dict[int, int], " wants int, got the string 'x'"),
    ('{"1": 1, "1 ": 2}', dict[int, int], " at [1] has this key twice"),
    ('{"a": 1, "a": 2}', Any, " has the key 'a' twice in one object"),
    ('{"x": {"a": 1, "b": 1, "b": 2}}', Any, " has the key 'b' twice in one object"),
    ("[1", Any, " is not JSON: "),
    ("", int, " is not JSON: "),
    ("[" * 60000, Any, " is nested more than 100 deep"),
    ("[" * 150 + "]" * 150, Any, " is nested more than 100 deep"),
    ('"x"', int | None, " wants int | None, got the string 'x'"),
    ('"x"', samples.Color, ": its members are RED, GREEN, ROSE"),
    ("8", samples.Mode, "wants tests.values.samples.Mode"),
    ('"2024-02-30"', dt.date, " wants datetime.date, got the string '2024-02-30': day"),
    ('"20240229"', dt.date, ": it is not in the form of ISO 8601"),
    ('"2024-01-01T00:00+99:00"', dt.datetime, "offset"),
    ('"2024-01-01T00:00+05:00[Europe/Berlin]"', dt.datetime, "the offset of Europe/Berlin"),
    ('"2024-01-01T00:00[Nowhere/Here]"', dt.datetime, "'Nowhere/Here' is not known here"),
    ('"P"', dt.timedelta, "ISO 8601"),
    ('"NaN"', decimal.Decimal, ": it is not a number"),
    ('"x"', decimal.Decimal, " wants decimal.Decimal, got the string 'x'"),
    ('"1/0"', fractions.Fraction, " wants fractions.Fraction"),
    ('{"rate": "x"}', samples.Config, " at .rate wants float, got the string 'x'"),
    ('{"rate": 1, "inner": {"rate": 1, "layers": [0.5]}}', samples.Config,
     " at .inner.layers[0] wants int, got the number 0.5"),
    ('{"rat": 1}', samples.Config, " (did you mean 'rate'?)"),
    ("{}", samples.Config, " lacks the field 'rate' of tests.values.samples.Config"),
    ('{"start": 1, "total": 2}', samples.Derived, " has an unknown field 'total'"),
    ('{"low": 2, "high": 1}', samples.Strict,
     " is refused by tests.values.samples.Strict: low is above high"),
    ('{"rat": 1}', samples.Config | None, " has an unknown field 'rat'"),
    ("1", samples.Plain, "values of this class cannot be given as a parameter"),
]  # fmt: skip


def spec(annotation: Any) -> TypeSpec:
    return hints.typespec(annotation)


def parse(text: str, annotation: Any) -> Any:
    return values.parse(text, spec(annotation), "n")


@pytest.mark.parametrize(("text", "annotation", "value"), FITTING)
def test_text_is_decoded_to_the_declared_type(text: str, annotation: Any, value: Any) -> None:
    found = parse(text, annotation)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("text", "annotation", "problem"), UNFITTING)
def test_what_does_not_fit_is_named(text: str, annotation: Any, problem: str) -> None:
    with pytest.raises(values.BadValue) as caught:
        parse(text, annotation)
    assert str(caught.value).startswith("parameter 'n'")
    assert problem in str(caught.value)
    assert len(str(caught.value)) < 300


def test_literals_accept_their_values_alone() -> None:
    literal: TypeSpec = {"kind": "literal", "values": [1, "a", values.encode(samples.Color.RED)]}
    found = [values.parse(text, literal, "n") for text in ("1", '"a"', '"RED"')]
    assert found == [1, "a", samples.Color.RED]
    for text in ("true", "1.0", '"b"', "Infinity"):
        with pytest.raises(values.BadValue, match=r"wants Literal\[1, 'a', Color.RED\]"):
            values.parse(text, literal, "n")


def test_a_missing_class_is_named() -> None:
    with pytest.raises(values.BadValue, match="'nowhere' is not installed"):
        values.parse("1", {"kind": "class", "name": "nowhere:Thing"}, "n")


def test_conform_reads_parsed_json() -> None:
    assert values.conform([1, 2.5], spec(list[float]), "n") == [1.0, 2.5]
    assert values.conform(0.1, spec(decimal.Decimal), "n") == decimal.Decimal("0.1")


def test_types_are_written_as_in_python() -> None:
    texts = {
        "dict[str, int]": dict[str, int],
        "int | None": int | None,
        "tuple[int, ...]": tuple[int, ...],
        "list": list,
        "Any": Any,
        "list[list[Any]]": list[list[Any]],
        "decimal.Decimal": decimal.Decimal,
        "complex": complex,
    }
    assert {
        values.type_text(spec(annotation)): annotation for annotation in texts.values()
    } == texts


ZONES = st.sampled_from([None, samples.BERLIN, dt.timezone.utc])
FLOATS = st.floats(allow_nan=False)
DECIMALS = st.decimals(allow_nan=False)
CONFIGS = st.builds(samples.Config, FLOATS, st.lists(st.integers()))
FROZEN = st.builds(samples.Frozen, st.text(), st.frozensets(st.text()))
MODES = st.sampled_from([*samples.Mode, samples.Mode(0), samples.Mode(3)])
TYPED: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**200), 2**200),
    float: FLOATS,
    str: st.text(),
    bytes: st.binary(),
    bool: st.booleans(),
    complex: st.complex_numbers(allow_nan=False),
    decimal.Decimal: DECIMALS,
    fractions.Fraction: st.fractions(),
    uuid.UUID: st.uuids(),
    dt.date: st.dates(),
    dt.datetime: st.datetimes(timezones=ZONES),
    dt.time: st.times(),
    dt.timedelta: st.timedeltas(),
    samples.Mode: MODES,
    list[dict[str, float | int]]: st.lists(st.dictionaries(st.text(), st.integers() | FLOATS)),
    dict[tuple[int, str], set[int]]: st.dictionaries(
        st.tuples(st.integers(), st.text()), st.sets(st.integers())
    ),
    dict[int | str, None]: st.dictionaries(st.integers() | st.text(), st.none()),
    dict[dt.date, samples.Color]: st.dictionaries(st.dates(), st.sampled_from(samples.Color)),
    samples.Config | None: st.none() | CONFIGS,
    frozenset[samples.Frozen]: st.frozensets(FROZEN),
    decimal.Decimal | float | int: (
        st.decimals(allow_nan=False, allow_infinity=False) | st.floats(-1, 1) | st.integers()
    ),
}


@pytest.mark.parametrize("annotation", TYPED, ids=str)
@given(data=st.data())
def test_plain_json_is_read_back_as_the_same_value(annotation: Any, data: st.DataObject) -> None:
    value = data.draw(TYPED[annotation])
    found = values.parse(json.dumps(values.plain(value)), spec(annotation), "n")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (math.nan, "is NaN"),
        ([{"a": object()}], "at [0]['a'] is a object"),
        ("\ud83d\ude00", "pair of surrogates"),
        (10**1000, "too long"),
        (samples.Arrays("a", samples.Plain(1)), "at .values"),
        (dt.datetime(2024, 1, 1, tzinfo=samples.Nowhere()), "which has no name"),
    ],
)  # fmt: skip
def test_what_has_no_plain_json_is_refused(value: object, problem: str) -> None:
    with pytest.raises(values.NotEncodable) as caught:
        values.plain(value)
    assert problem in str(caught.value)


def test_plain_json_of_a_value_inside_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(values.NotEncodable, match="contains itself"):
        values.plain(value)


def test_fields_made_by_the_class_are_not_asked_for() -> None:
    assert values.plain(samples.Derived(3)) == {"start": 3}


def test_an_annotation_that_cannot_be_resolved_is_named() -> None:
    broken = dataclasses.make_dataclass("Broken", [("a", "Missing")])
    samples.__dict__["Broken"] = broken
    broken.__module__ = samples.__name__
    with pytest.raises(values.BadValue, match=r"an annotation of .*Broken: name 'Missing'"):
        values.parse('{"a": 1}', {"kind": "class", "name": "tests.values.samples:Broken"}, "n")


def test_pydantic_models_are_validated() -> None:
    from tests.values import models

    text = '{"learning-rate": 0.5, "day": "2024-02-29", "tags": ["a"]}'
    value = parse(text, models.Settings)
    assert (value.rate, value.day, value.tags) == (0.5, dt.date(2024, 2, 29), {"a"})
    assert values.conform(values.plain(value), spec(models.Settings), "n") == value
    with pytest.raises(values.BadValue, match=r"is refused by tests\.values.models.Settings"):
        parse('{"learning-rate": "x"}', models.Settings)
