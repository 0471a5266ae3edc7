"""The schema of a deployment's parameters, by which Prefect shows a form and checks values.

Prefect derives the same from the flow's annotations, for which it has to import the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc.trace.types import type_of_spec
from flowc_backends.json_schema import accepts, schema

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        return {**head, **found}
    fits = accepts(found, spec["default"])
    return {**head, "default": spec["default"], **(found if fits else {})}
