from __future__ import annotations

import json
from typing import Any

import pytest

from flowc import ir
from flowc.trace.types import type_spec
from flowc_backends.json_schema import accepts, parameter_schema, schema
from flowc_backends.prefect.annotations import annotation
from flowc_runtime.values import BadValue, parse
from tests.backends.engine_pipelines import FLOAT, INT, NONE, STR, parameter, type_of

LETTERS = type_of("literal", values=('"a"', '"b"'))
ENUM = type_of("literal", values=('{"$enum": ["m:C", "RED"]}',))
DATE = type_of("class", name="datetime:date")
CASES: list[tuple[ir.Type, dict[str, Any], str]] = [
    (ir.ANY, {}, "Any"),
    (INT, {"type": "integer"}, "int"),
    (type_of("bytes"), {"type": "string"}, "str"),
    (type_of("union", STR, NONE), {"type": ["null", "string"]}, "str | None"),
    (type_of("union", INT, STR), {"type": ["integer", "string"]}, "int | str"),
    (
        type_of("union", type_of("union", INT, NONE), STR),
        {"type": ["null", "integer", "string"]},
        "int | str | None",
    ),
    (type_of("union", INT, ir.ANY), {}, "Any"),
    (LETTERS, {"enum": ["a", "b"]}, 'Literal["a", "b"]'),
    (type_of("union", LETTERS, NONE), {"enum": ["a", "b", None]}, 'Literal["a", "b", None]'),
    (
        type_of("union", LETTERS, INT),
        {"anyOf": [{"enum": ["a", "b"]}, {"type": "integer"}]},
        'Literal["a", "b"] | int',
    ),
    (type_of("literal", values=("1.5",)), {"enum": [1.5]}, "Any"),
    (ENUM, {}, "Any"),
    (type_of("list"), {"type": "array"}, "list[Any]"),
    (type_of("set", INT), {"type": "array", "items": {"type": "integer"}}, "list[int]"),
    (
        type_of("tuple", INT, variadic=True),
        {"type": "array", "items": {"type": "integer"}},
        "list[int]",
    ),
    (type_of("tuple", INT, STR), {"type": "array"}, "list[Any]"),
    (
        type_of("union", type_of("list", INT), NONE),
        {"type": ["null", "array"], "items": {"type": "integer"}},
        "list[int] | None",
    ),
    (type_of("dict", STR, ir.ANY), {"type": "object"}, "dict[str, Any]"),
    (
        type_of("dict", STR, type_of("list", FLOAT)),
        {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "number"}},
        },
        "dict[str, list[float]]",
    ),
    (type_of("dict", INT, STR), {}, "Any"),
    (DATE, {"type": "string", "format": "date"}, "str"),
    (type_of("class", name="steps:Config"), {}, "Any"),
]
VALUES: list[Any] = [
    None, True, 0, 2**70, 1.5, "a", "x", "2024-02-29", "Infinity", [], [1], [1, "x"], ["a"],
    {}, {"a": 1}, {"a": [1.5]}, {"1": "x"}, [[1, "x"]],
]  # fmt: skip


@pytest.mark.parametrize(("kind", "expected", "_annotation"), CASES)
def test_schema(kind: ir.Type, expected: dict[str, Any], _annotation: str) -> None:
    assert schema(kind) == expected


@pytest.mark.parametrize(("kind", "_schema", "expected"), CASES)
def test_annotation(kind: ir.Type, _schema: dict[str, Any], expected: str) -> None:
    assert annotation(schema(kind)) == expected


@pytest.mark.parametrize(("kind", "_schema", "_annotation"), CASES)
def test_nothing_is_refused_that_the_runtime_takes(
    kind: ir.Type, _schema: dict[str, Any], _annotation: str
) -> None:
    for value in VALUES:
        pairs = kind.kind == "dict" and json.dumps(value).startswith("[")
        if value != "Infinity" and not pairs and runs(value, kind):
            assert accepts(schema(kind), value), value


def runs(value: object, kind: ir.Type) -> bool:
    """Whether the runtime takes the value; a class of nobody is none that it can find."""
    if kind.kind == "class" and kind.name.startswith("steps:"):
        return False
    if kind == ENUM:
        return False
    try:
        parse(json.dumps(value), type_spec(kind), "p")
    except BadValue:
        return False
    return True


def test_a_default_that_the_schema_cannot_say_opens_it() -> None:
    assert parameter_schema(parameter("p", FLOAT, 1)) == {"type": "number"}
    assert parameter_schema(parameter("p", FLOAT, "Infinity")) == {}
    assert parameter_schema(parameter("p", INT)) == {"type": "integer"}
    assert parameter_schema(parameter("p", INT, True)) == {}
