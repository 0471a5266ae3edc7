r"""Run-time parameters as KFP knows them, so that every value arrives exactly.

    bool   BOOLEAN
    float  NUMBER_DOUBLE
    str    STRING, the text itself
    else   STRING, JSON text: KFP's numbers are doubles, its structs hold such numbers

A text passes through Argo, which replaces ``{{x}}``, and through Kubernetes, which replaces
``$(X)`` and makes ``$$`` a ``$``; KFP's local runner replaces ``{{$.x}}``. A default that holds
such a sequence is written with JSON escapes (``\u0024``), a plain text as ``flowc:json:`` and a
JSON string. Whoever starts a run can do the same.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from flowc.errors import AuthorError
from flowc_backends.kubeflow.model import ParameterModel
from flowc_runtime.contract import ARGUMENT_LIMIT

if TYPE_CHECKING:
    from flowc import ir
    from flowc.errors import FlowcError

ESCAPED = "flowc:json:"
"""A text parameter that starts so is the JSON string that follows."""

TOTAL_LIMIT = 120 * 1024
"""All parameters of a task are one argument of its container; Linux allows 128 KiB for one."""

_EXPANDED = re.compile(r"\$[$({]|\{\{|\[\[|[\ud800-\udfff]")
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPES = re.compile(r"\$|\{(?=\{)|\[(?=\[)")

_WHY_JSON = "(numbers of KFP are doubles and do not hold every value)"
_SMALLER = "let a step load a large value, or bind the parameter at compile time"

_NATIVE = {"str": "STRING", "bool": "BOOLEAN", "float": "NUMBER_DOUBLE"}


def lower_parameters(
    parameters: tuple[ir.Parameter, ...], errors: list[FlowcError]
) -> tuple[ParameterModel, ...]:
    """Adds an error for each default that KFP cannot hold."""
    lowered = tuple(_lower(parameter) for parameter in parameters)
    for parameter, done in zip(parameters, lowered, strict=True):
        if problem := _problem(done):
            errors.append(AuthorError(problem[0], where=str(parameter.location), hint=problem[1]))
    total = sum(_size(parameter) for parameter in lowered)
    if total > TOTAL_LIMIT and not errors:
        largest = max(lowered, key=_size)
        where = next(str(it.location) for it in parameters if it.name == largest.name)
        errors.append(
            AuthorError(
                f"the defaults of all parameters are {total:,} bytes together, above the "
                f"{TOTAL_LIMIT:,} that an argument of a container can have; the largest is "
                f"'{largest.name}' with {_size(largest):,}",
                where=where,
                hint=_SMALLER,
            )
        )
    return lowered


def argument(text: str, kind: str) -> str | bool | float:
    """A value as KFP takes it at the start of a run: ``text`` is its JSON, ``kind`` its type's."""
    native = _NATIVE.get(kind)
    if native is None:
        return _escape_json(text) if _EXPANDED.search(text) else text
    value = json.loads(text)
    if native == "NUMBER_DOUBLE":
        return float(value)
    return _escape_text(value) if native == "STRING" else bool(value)


def type_text(wanted: ir.Type) -> str:
    """The annotation as the author wrote it, more or less."""
    match wanted.kind:
        case "none":
            return "None"
        case "class":
            return wanted.name.partition(":")[2]
        case "union":
            return " | ".join(type_text(arg) for arg in wanted.args)
        case "literal":
            return f"Literal[{', '.join(wanted.values)}]"
        case _:
            inner = ", ".join(type_text(arg) for arg in wanted.args)
            more = ", ..." if wanted.variadic else ""
            return f"{wanted.kind}[{inner}{more}]" if inner else wanted.kind


def _lower(parameter: ir.Parameter) -> ParameterModel:
    native = _NATIVE.get(parameter.type.kind)
    return ParameterModel(
        name=parameter.name,
        type=native or "STRING",
        default=None
        if parameter.default is None
        else argument(parameter.default, parameter.type.kind),
        description="" if native else f"{type_text(parameter.type)}, written as JSON {_WHY_JSON}",
    )


def _problem(parameter: ParameterModel) -> tuple[str, str] | None:
    """What is wrong with a default, and what to do."""
    default, head = parameter.default, f"the default of parameter '{parameter.name}'"
    if isinstance(default, float) and not math.isfinite(default):
        hint = "annotate it with `float | None`, which crosses as JSON"
        return f"{head} is {default}, and KFP's numbers are finite", hint
    if _size(parameter) > ARGUMENT_LIMIT:
        size = f"{_size(parameter):,} bytes, above the limit of {ARGUMENT_LIMIT:,}"
        return f"{head} has {size}", _SMALLER
    return None


def _escape_text(text: str) -> str:
    if _EXPANDED.search(text) or text.startswith(ESCAPED):
        return ESCAPED + _escape_json(json.dumps(text))
    return text


def _escape_json(text: str) -> str:
    """The same JSON, without a sequence in its strings that somebody on the way replaces."""
    return _JSON_STRING.sub(
        lambda literal: _ESCAPES.sub(lambda it: f"\\u{ord(it[0]):04x}", literal[0]), text
    )


def _size(parameter: ParameterModel) -> int:
    return 0 if parameter.default is None else len(json.dumps(parameter.default))
