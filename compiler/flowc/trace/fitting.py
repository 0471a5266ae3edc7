"""Whether a value that is known at compile time fits an annotation.

What cannot be told fits: the annotation may say more than this machine knows of the class.
"""

from __future__ import annotations

import enum
import json
import numbers
from typing import TYPE_CHECKING, Any

from flowc.authoring.handles import OutputHandle, ParameterHandle
from flowc.authoring.secrets import Secret
from flowc_runtime import values
from flowc_runtime.values import objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir

SYMBOLIC = (OutputHandle, ParameterHandle, Secret)
"""Stand for values that are not known yet."""

_BUILTINS: Mapping[str, Any] = {
    "str": str,
    "bytes": bytes,
    "list": list,
    "dict": dict,
    "set": set,
    "frozenset": frozenset,
    "tuple": tuple,
}

_ALIKE = {"int": "number", "float": "number", "tuple": "list", "frozenset": "set"}
"""Kinds of which one does for the other often enough."""

_TOLD = {"bool", "bytes", "dict", "list", "number", "set", "str"}


def accepts(wanted: ir.Type, value: Any) -> bool:  # noqa: PLR0911 - one for each kind
    """Whether ``value`` and the items in it fit; an int is a float, and a bool no number."""
    if isinstance(value, SYMBOLIC):
        return True
    match wanted.kind:
        case "none":
            return value is None
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case kind if kind in _BUILTINS:
            return isinstance(value, _BUILTINS[kind]) and _accepts_items(wanted, value)
        case "union":
            return any(accepts(alternative, value) for alternative in wanted.args)
        case "literal":
            return _literal_text(value) in wanted.values
        case "class":
            return _is_named(wanted.name, value) or _is_instance(wanted.name, value)
        case _:
            return True


def fits(wanted: ir.Type, made: ir.Type) -> bool:
    """Whether a step's output may be what another's input wants, as far as both say."""
    if made.kind == "union":
        return any(fits(wanted, each) for each in made.args)
    if wanted.kind == "union":
        return any(fits(each, made) for each in wanted.args)
    kinds = {_ALIKE.get(made.kind, made.kind), _ALIKE.get(wanted.kind, wanted.kind)}
    return len(kinds) == 1 or not kinds <= _TOLD


def takes_text(wanted: ir.Type) -> bool:
    """Whether any text fits an annotation."""
    if wanted.kind == "union":
        return any(map(takes_text, wanted.args))
    return wanted.kind in {"any", "str"}


def _accepts_items(wanted: ir.Type, value: Any) -> bool:
    if wanted.kind == "tuple" and wanted.args and not wanted.variadic:
        return len(value) == len(wanted.args) and all(map(accepts, wanted.args, value))
    parts = (value, value.values()) if wanted.kind == "dict" else (value,)
    return all(
        accepts(arg, item) for arg, part in zip(wanted.args, parts, strict=False) for item in part
    )


def _is_named(name: str, value: Any) -> bool:
    """Whether a class of the value has the name: one that was defined anew is another object."""
    bases: tuple[type, ...] = type(value).__mro__
    names = {_in_containers(f"{values.module_of(base)}:{base.__qualname__}") for base in bases}
    return _in_containers(name) in names


def _in_containers(name: str) -> str:
    """The script that runs here is a module there."""
    module, _, qualname = name.partition(":")
    return f"{objects.main_name()}:{qualname}" if module == "__main__" else name


def _is_instance(name: str, value: Any) -> bool:
    try:
        kind = objects.find_class(name)
        return not isinstance(kind, type) or isinstance(value, kind) or _is_number(kind, value)
    except Exception:  # noqa: BLE001 - classes decide themselves, and some protocols do not
        return True


def _is_number(kind: type, value: Any) -> bool:
    """Whether one number stands for another, as an int for a complex or a Decimal."""
    is_plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_plain and issubclass(kind, numbers.Number) and not issubclass(kind, enum.Enum)


def _literal_text(value: Any) -> str:
    try:
        return json.dumps(values.encode(value))
    except values.NotEncodable:
        return ""
