"""The Python annotation of a flow's parameter, from the schema of its values.

Prefect validates by it and shows a form; the flow passes on what it was given, as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc.narrowing import is_list
from flowc_templates.python_source import literal

if TYPE_CHECKING:
    from flowc_backends.json_schema import Schema

_NAMES = {
    "null": "None",
    "boolean": "bool",
    "integer": "int",
    "number": "float",
    "string": "str",
}


def annotation(schema: Schema) -> str:
    if "anyOf" in schema:
        return _union([annotation(alternative) for alternative in schema["anyOf"]])
    if "enum" in schema:
        return _literal(schema["enum"])
    kinds = schema.get("type", [])
    if is_list(kinds):
        nullable_last = sorted(kinds, key="null".__eq__)
        return _union([annotation({**schema, "type": kind}) for kind in nullable_last])
    if kinds == "array":
        return f"list[{annotation(schema.get('items', {}))}]"
    if kinds == "object":
        return f"dict[str, {annotation(schema.get('additionalProperties', {}))}]"
    return _NAMES[kinds]


def wide_annotation(schema: Schema, indent: int) -> str:
    """The annotation of an enumeration, a line for each of its values."""
    text, margin = annotation(schema), " " * indent
    if not text.startswith("Literal["):
        return text
    values = "".join(f"{margin}    {literal(value)},\n" for value in schema["enum"])
    return f"Literal[\n{values}{margin}]"


def _union(alternatives: list[str]) -> str:
    if not alternatives or "Any" in alternatives:
        return "Any"
    return " | ".join(dict.fromkeys(alternatives))


def _literal(values: list[Any]) -> str:
    # A float is none of Python's literals.
    if any(isinstance(value, float | list) for value in values):
        return "Any"
    return f"Literal[{', '.join(map(literal, values))}]"
