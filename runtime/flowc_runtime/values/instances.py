"""Parameters that are instances of a class, from their plain JSON."""

from __future__ import annotations

import json
import sys
from binascii import a2b_base64

from flowc_runtime.values import BadValue, NotDecodable, hints, objects, type_name
from flowc_runtime.values.parameters import Number, Reader, natural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flowc_runtime.contract import Json, TypeSpec


def read(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    name = spec["name"].replace("pathlib._local:", "pathlib:")
    if name == "builtins:object":
        return reader.read(found, hints.ANY, path)
    if name in _FROM_TEXT:
        return _read_text(reader, found, spec, path)
    try:
        kind = objects.find_class(name)
    except NotDecodable as error:
        raise BadValue(reader.name, f"cannot be read: {error}", path) from error
    enum = sys.modules.get("enum")
    if isinstance(kind, type) and enum is not None and issubclass(kind, enum.Enum):
        return _read_member(reader, found, spec, path)
    if hasattr(kind, "model_validate_json"):
        return _read_model(reader, found, kind, path)
    if isinstance(kind, type) and (fields := _fields_of(kind)) is not None:
        return _Record(reader, kind, fields).read(found, spec, path)
    reader.refuse(found, spec, path, "values of this class cannot be given as a parameter")


def _read_text(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    """Classes of the standard library that have one textual form."""
    name = spec["name"].replace("pathlib._local:", "pathlib:")
    if name == "builtins:complex":
        return _read_complex(reader, found, spec, path)
    numeric = name in _FROM_NUMBERS and not reader.exact and type(found) in {int, float, Number}
    if type(found) is not str and not numeric:
        reader.refuse(found, spec, path)
    try:
        return _FROM_TEXT[name](str(found))
    except (ValueError, ArithmeticError) as error:
        why = str(error) if type(error) is ValueError else "it cannot be read"
        reader.refuse(found, spec, path, why)


def _read_complex(reader: Reader, found: Json, spec: TypeSpec, path: str) -> complex:
    parts: TypeSpec = {"kind": "tuple", "args": [{"kind": "float"}, {"kind": "float"}]}
    if not isinstance(found, list):
        reader.refuse(found, spec, path, "it is given as [real, imaginary]")
    return complex(*reader.read(found, parts, path))


def _read_member(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    import enum

    from flowc_runtime.values import NotEncodable, canonical, plain

    kind = objects.find_class(spec["name"])
    members = kind.__members__
    if type(found) is str and found in members:
        return members[found]
    if type(found) is int and issubclass(kind, enum.Flag):
        try:
            return kind(found)
        except ValueError:
            reader.refuse(found, spec, path)
    text = canonical(natural(found))
    for member in members.values():
        try:
            if not reader.exact and canonical(plain(member.value)) == text:
                return member
        except NotEncodable:
            continue
    reader.refuse(found, spec, path, f"its members are {', '.join(members)}")


def _read_model(reader: Reader, found: Json, kind: Any, path: str) -> Any:
    try:
        return kind.model_validate_json(json.dumps(natural(found)))
    except ValueError as error:
        raise BadValue(reader.name, f"is refused by {type_name(kind)}: {error}", path) from error


class _Record:
    """An object of named fields: a dataclass, a named tuple or a TypedDict."""

    def __init__(self, reader: Reader, kind: Any, fields: dict[str, bool]) -> None:
        self._reader = reader
        self._kind = kind
        self._required = fields

    def read(self, found: Json, spec: TypeSpec, path: str) -> Any:
        if not isinstance(found, dict):
            self._reader.refuse(found, spec, path)
        self._check_names(found, path)
        types = self._types(path)
        values = {
            name: self._reader.read(item, types.get(name, hints.ANY), f"{path}.{name}")
            for name, item in found.items()
        }
        try:
            return self._kind(**values)
        except (TypeError, ValueError) as error:
            text = f"is refused by {type_name(self._kind)}: {error}"
            raise BadValue(self._reader.name, text, path) from error

    def _check_names(self, found: dict[str, Json], path: str) -> None:
        name = type_name(self._kind)
        for field in found:
            if field not in self._required:
                problem = f"has an unknown field '{field}' for {name}{_suggestion(field, self._required)}"
                raise BadValue(self._reader.name, problem, path)
        for field, required in self._required.items():
            if required and field not in found:
                raise BadValue(self._reader.name, f"lacks the field '{field}' of {name}", path)

    def _types(self, path: str) -> dict[str, TypeSpec]:
        import dataclasses
        import typing

        try:
            annotations = typing.get_type_hints(self._kind, include_extras=True)
        except (NameError, TypeError, AttributeError) as error:
            problem = f"cannot be read: an annotation of {type_name(self._kind)}: {error}"
            raise BadValue(self._reader.name, problem, path) from error
        types = {}
        for name, annotation in annotations.items():
            given = annotation.type if isinstance(annotation, dataclasses.InitVar) else annotation
            types[name] = hints.typespec(given)
        return types


def _fields_of(kind: Any) -> dict[str, bool] | None:
    """The names that the class is called with, and whether each is required."""
    if hasattr(kind, "__dataclass_fields__"):
        import inspect

        parameters = inspect.signature(kind).parameters.values()
        return {item.name: item.default is item.empty for item in parameters}
    if issubclass(kind, tuple) and hasattr(kind, "_field_defaults"):
        return {name: name not in kind._field_defaults for name in kind._fields}
    if hasattr(kind, "__required_keys__"):
        names: Any = kind.__annotations__
        return {name: name in kind.__required_keys__ for name in names}
    return None


def _suggestion(name: str, known: dict[str, bool]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, 1)
    return f" (did you mean '{close[0]}'?)" if close else f" (its fields are {', '.join(known)})"


def _from_module(module: str, name: str) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        return getattr(__import__(module), name)(text)

    return convert


def _time(name: str) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        from flowc_runtime.values import times

        return times.READERS[name](text)

    return convert


def _decimal(text: str) -> Any:
    import decimal

    value = decimal.Decimal(text)
    if value.is_nan():
        raise ValueError("it is not a number")
    return value


_FROM_NUMBERS = frozenset(["decimal:Decimal", "datetime:timedelta", "fractions:Fraction"])

_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "builtins:complex": complex,
    "builtins:bytearray": lambda text: bytearray(a2b_base64(text)),
    "decimal:Decimal": _decimal,
    "fractions:Fraction": _from_module("fractions", "Fraction"),
    "uuid:UUID": _from_module("uuid", "UUID"),
    "zoneinfo:ZoneInfo": _from_module("zoneinfo", "ZoneInfo"),
    "datetime:date": _time("datetime:date"),
    "datetime:datetime": _time("datetime:datetime"),
    "datetime:time": _time("datetime:time"),
    "datetime:timedelta": _time("datetime:timedelta"),
    "pathlib:Path": _from_module("pathlib", "Path"),
    "pathlib:PosixPath": _from_module("pathlib", "Path"),
    "pathlib:PurePath": _from_module("pathlib", "PurePath"),
    "pathlib:PurePosixPath": _from_module("pathlib", "PurePosixPath"),
    "pathlib:PureWindowsPath": _from_module("pathlib", "PureWindowsPath"),
}
