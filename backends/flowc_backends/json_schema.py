"""Types of parameters as JSON schema, in the plain form in which engines are given values.

    int                 ->  {"type": "integer"}
    str | None          ->  {"type": ["null", "string"]}
    Literal["a", "b"]   ->  {"enum": ["a", "b"]}

An engine shows forms by it and catches slips early. What it cannot say, it leaves open: it refuses
nothing that the runtime takes, but pairs in the place of an object and infinity as a string.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flowc.narrowing import is_dict, is_list

if TYPE_CHECKING:
    from flowc import ir

Schema = dict[str, Any]

_NAMED = {
    "none": "null",
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "str": "string",
    "bytes": "string",
}
_ARRAYS = frozenset(("list", "tuple", "set", "frozenset"))
# A datetime without a zone is none of JSON schema's date-times, so it is left a string.
_CLASSES: dict[str, Schema] = {
    "datetime:date": {"type": "string", "format": "date"},
    "datetime:datetime": {"type": "string"},
    "datetime:time": {"type": "string"},
    "pathlib:Path": {"type": "string"},
    "uuid:UUID": {"type": "string"},
}
_MATCHES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
}


def parameter_schema(parameter: ir.Parameter) -> Schema:
    """The schema of a parameter's values, its default among them; empty if anything may come."""
    found = schema(parameter.type)
    if parameter.default is None or accepts(found, json.loads(parameter.default)):
        return found
    return {}


def schema(kind: ir.Type) -> Schema:  # noqa: PLR0911 - one for each form of type
    """The schema of a type; empty where anything may come."""
    if kind.kind in _NAMED:
        return {"type": _NAMED[kind.kind]}
    if kind.kind in _ARRAYS:
        return _array(kind)
    match kind.kind:
        case "dict":
            return _object(kind)
        case "union":
            return _union([schema(alternative) for alternative in kind.args])
        case "literal":
            values = [json.loads(value) for value in kind.values]
            # Tagged values (enums, bytes) have another plain form.
            return {} if any(isinstance(value, dict) for value in values) else {"enum": values}
        case "class":
            return _CLASSES.get(kind.name, {})
        case _:
            return {}


def _array(kind: ir.Type) -> Schema:
    one_for_all = kind.args and (kind.kind != "tuple" or kind.variadic)
    items = schema(kind.args[0]) if one_for_all else {}
    return {"type": "array", "items": items} if items else {"type": "array"}


def _object(kind: ir.Type) -> Schema:
    key, item = kind.args if len(kind.args) == 2 else (None, None)  # noqa: PLR2004 - key and value
    if key is None or item is None:
        return {"type": "object"}
    if key.kind != "str":
        return {}  # keys that are no text are given as pairs
    values = schema(item)
    return {"type": "object", "additionalProperties": values} if values else {"type": "object"}


def _union(alternatives: list[Schema]) -> Schema:
    if not all(alternatives):
        return {}
    if all(list(found) == ["type"] for found in alternatives):
        names = dict.fromkeys(name for found in alternatives for name in _types(found))
        return {"type": sorted(names, key=lambda name: name != "null")}
    others = [found for found in alternatives if found != {"type": "null"}]
    if len(others) == 1 and list(others[0]) == ["enum"]:
        return {"enum": [*others[0]["enum"], None]}
    if len(others) == 1 and isinstance(others[0].get("type"), str):
        return {**others[0], "type": ["null", others[0]["type"]]}
    return {"anyOf": alternatives}


def _types(found: Schema) -> list[str]:
    names: str | list[str] = found["type"]
    return [names] if isinstance(names, str) else names


def accepts(found: Schema, value: Any) -> bool:
    """Whether the value fits the schema, as far as it says."""
    if "anyOf" in found:
        return any(accepts(alternative, value) for alternative in found["anyOf"])
    if "enum" in found:
        return value in found["enum"]
    names = found.get("type", [])
    if names and not any(_is_a(name, value) for name in (names if is_list(names) else [names])):
        return False
    if is_list(value):
        return all(accepts(found.get("items", {}), item) for item in value)
    inner = found.get("additionalProperties", {})
    return not is_dict(value) or all(accepts(inner, item) for item in value.values())


def _is_a(name: str, value: Any) -> bool:
    return isinstance(value, _MATCHES[name]) and (name == "boolean" or not isinstance(value, bool))
