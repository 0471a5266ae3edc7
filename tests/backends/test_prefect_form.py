from __future__ import annotations

from typing import TYPE_CHECKING

from flowc_backends.prefect.form import parameter_form

if TYPE_CHECKING:
    from flowc_runtime.contract import TypeSpec

INT: TypeSpec = {"kind": "int"}


def test_a_form_has_defaults_and_types_in_the_order_of_the_pipeline() -> None:
    form = parameter_form(
        {
            "day": {"type": {"kind": "class", "name": "datetime:date"}},
            "times": {"type": {"kind": "int"}, "default": 2},
            "words": {"type": {"kind": "list", "args": [{"kind": "str"}]}, "default": []},
            "size": {"type": {"kind": "class", "name": "mine:Size"}, "default": {"rows": 3}},
            "colour": {"type": {"kind": "literal", "values": ["red", "blue"]}, "default": "red"},
        }
    )
    assert form == {
        "title": "Parameters",
        "type": "object",
        "definitions": {},
        "required": ["day"],
        "properties": {
            "day": {"title": "day", "position": 0, "type": "string", "format": "date"},
            "times": {"title": "times", "position": 1, "type": "integer", "default": 2},
            "words": {
                "title": "words",
                "position": 2,
                "type": "array",
                "items": {"type": "string"},
                "default": [],
            },
            "size": {"title": "size", "position": 3, "default": {"rows": 3}},
            "colour": {
                "title": "colour",
                "position": 4,
                "enum": ["red", "blue"],
                "default": "red",
            },
        },
    }


def test_a_default_that_the_schema_does_not_take_leaves_it_open() -> None:
    form = parameter_form({"limit": {"type": {"kind": "float"}, "default": "inf"}})
    assert form["properties"]["limit"] == {"title": "limit", "position": 0, "default": "inf"}


def test_several_types_are_alternatives() -> None:
    maybe: TypeSpec = {
        "kind": "union",
        "args": [{"kind": "none"}, {"kind": "list", "args": [INT]}],
    }
    form = parameter_form({"sizes": {"type": maybe}})
    assert form["properties"]["sizes"] == {
        "title": "sizes",
        "position": 0,
        "anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}],
    }
