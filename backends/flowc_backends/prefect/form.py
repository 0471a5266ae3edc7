"""The schema of a deployment's parameters, by which Prefect shows a form and checks values.

Prefect derives the same from the flow's annotations, for which it has to import the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc.narrowing import is_list
from flowc.trace.types import type_of_spec
from flowc_backends.json_schema import accepts, schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc_backends.json_schema import Schema
    from flowc_runtime.contract import ParameterSpec


def parameter_form(parameters: Mapping[str, ParameterSpec]) -> dict[str, Any]:
    form: dict[str, Any] = {
        "title": "Parameters",
        "type": "object",
        "properties": {
            name: _property(name, position, spec)
            for position, (name, spec) in enumerate(parameters.items())
        },
        "definitions": {},
    }
    required = [name for name, spec in parameters.items() if "default" not in spec]
    return {**form, "required": required} if required else form


def _property(name: str, position: int, spec: ParameterSpec) -> dict[str, Any]:
    found = schema(type_of_spec(spec["type"]))
    head: dict[str, Any] = {"title": name, "position": position}
    if "default" not in spec:
        return {**head, **_spread(found)}
    fits = accepts(found, spec["default"])
    return {**head, "default": spec["default"], **(_spread(found) if fits else {})}


def _spread(found: Schema) -> Schema:
    """Several types as alternatives, which is how Prefect's form knows them."""
    kinds = found.get("type")
    if not is_list(kinds):
        return found
    rest = {key: value for key, value in found.items() if key != "type"}
    ordered = sorted(kinds, key="null".__eq__)
    return {"anyOf": [{"type": kind, **(rest if kind != "null" else {})} for kind in ordered]}
