"""Parameters that are instances of a class, from their plain JSON."""

from __future__ import annotations

import json
import sys

from flowc_runtime.values import (
    BadValue,
    NotDecodable,
    NotEncodable,
    canonical,
    class_of,
    hints,
    objects,
    plain,
    type_name,
)
from flowc_runtime.values.parameters import (
    Number,
    Reader,
    is_list,
    is_object,
    natural,
    read_base64,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flowc_runtime.contract import Json, TypeSpec


def read(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    name = spec.get("name", "").replace("pathlib._local:", "pathlib:")
    if name in _FROM_TEXT:
        return _read_text(reader, found, spec, path)
    if name in _BUILTINS:
        return _BUILTINS[name](reader, found, spec, path)
    try:
        kind = objects.find_class(name)
    except NotDecodable as error:
        raise BadValue(reader.name, f"cannot be read: {error}", path) from error
    enum = sys.modules.get("enum")
    if isinstance(kind, type) and enum is not None and issubclass(kind, enum.Enum):
        return _Members(reader, kind).read(found, spec, path)
    if hasattr(kind, "model_validate_json"):
        return _read_model(reader, found, kind, path)
    fields = _fields_of(kind)
    if fields is None:
        reader.refuse(found, spec, path, "values of this class cannot be given as a parameter")
    return _Record(reader, kind, fields).read(found, spec, path)


def _read_text(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    """Classes of the standard library that have one textual form."""
    name = spec.get("name", "").replace("pathlib._local:", "pathlib:")
    numeric = name in _FROM_NUMBERS and not reader.exact and type(found) in {int, float, Number}
    if type(found) is not str and not numeric:
        reader.refuse(found, spec, path)
    try:
        return _FROM_TEXT[name](str(found))
    except (ValueError, ArithmeticError, LookupError) as error:
        reader.refuse(found, spec, path, str(error) if type(error) is ValueError else "")


def _read_complex(reader: Reader, found: Json, spec: TypeSpec, path: str) -> complex:
    if not is_list(found) or len(found) != len("ri"):
        reader.refuse(found, spec, path, "it is given as [real, imaginary]")
    parts = [reader.read(part, {"kind": "float"}, f"{path}[{i}]") for i, part in enumerate(found)]
    return complex(*parts)


def _read_bytearray(reader: Reader, found: Json, spec: TypeSpec, path: str) -> bytearray:
    if type(found) is not str:
        reader.refuse(found, spec, path, "bytes are given in base64")
    return bytearray(read_base64(reader, found, spec, path))


def _read_object(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Json:
    del spec
    return reader.read(found, hints.ANY, path)


class _Members:
    """The members of an enum, by name or by value; flags also by number."""

    def __init__(self, reader: Reader, kind: Any) -> None:
        self._reader = reader
        self._kind = kind

    def read(self, found: Json, spec: TypeSpec, path: str) -> Any:
        members: dict[str, Any] = self._kind.__members__
        if type(found) is str and found in members:
            return members[found]
        if type(found) is int and hasattr(self._kind, "__or__"):
            try:
                return self._kind(found)
            except ValueError:
                self._reader.refuse(found, spec, path)
        text = canonical(natural(found))
        for member in members.values():
            if not self._reader.exact and _plain_text(member.value) == text:
                return member
        return self._reader.refuse(found, spec, path, f"its members are {', '.join(members)}")


def _plain_text(value: object) -> str | None:
    try:
        return canonical(plain(value))
    except NotEncodable:
        return None


def _read_model(reader: Reader, found: Json, kind: Any, path: str) -> Any:
    try:
        return kind.model_validate_json(json.dumps(natural(found)))
    except ValueError as error:
        problem = f"is refused by {type_name(kind)}: {error}"
        raise BadValue(reader.name, problem, path, is_inside=True) from error


class _Record:
    """An object of named fields: a dataclass, a named tuple or a TypedDict."""

    def __init__(self, reader: Reader, kind: Any, fields: dict[str, bool]) -> None:
        self._reader = reader
        self._kind = kind
        self._required = fields

    def read(self, found: Json, spec: TypeSpec, path: str) -> Any:
        if not is_object(found):
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
            problem = f"is refused by {type_name(self._kind)}: {error}"
            raise BadValue(self._reader.name, problem, path, is_inside=True) from error

    def _check_names(self, found: dict[str, Json], path: str) -> None:
        name = type_name(self._kind)
        problem = ""
        for field in found:
            if field not in self._required:
                known = _suggestion(field, self._required)
                problem = problem or f"has an unknown field '{field}' of {name} ({known})"
        for field, required in self._required.items():
            if required and field not in found:
                problem = problem or f"lacks the field '{field}' of {name}"
        if problem:
            raise BadValue(self._reader.name, problem, path, is_inside=True)

    def _types(self, path: str) -> dict[str, TypeSpec]:
        import dataclasses
        import typing

        types: dict[str, TypeSpec] = {}
        try:
            annotations: dict[str, Any] = typing.get_type_hints(self._kind, include_extras=True)
            for name, hint in annotations.items():
                is_argument = class_of(hint) is dataclasses.InitVar
                types[name] = hints.typespec(hint.type if is_argument else hint)
        except (NameError, TypeError, AttributeError) as error:
            problem = f"cannot be read: an annotation of {type_name(self._kind)}: {error}"
            raise BadValue(self._reader.name, problem, path) from error
        return types


def _fields_of(kind: Any) -> dict[str, bool] | None:
    """The names that the class is called with, and whether each is required."""
    if hasattr(kind, "__dataclass_fields__"):
        import inspect

        parameters = inspect.signature(kind).parameters.values()
        return {item.name: item.default is item.empty for item in parameters}
    if hasattr(kind, "_field_defaults"):
        return {name: name not in kind._field_defaults for name in kind._fields}
    if hasattr(kind, "__required_keys__"):
        names = [*kind.__required_keys__, *kind.__optional_keys__]
        return {name: name in kind.__required_keys__ for name in names}
    return None


def _suggestion(name: str, known: dict[str, bool]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean '{close[0]}'?" if close else f"its fields are {', '.join(known)}"


def _constructor(module: str, name: str) -> Callable[[str], Any]:
    def construct(text: str) -> Any:
        return getattr(__import__(module), name)(text)

    return construct


def _time(name: str) -> Callable[[str], Any]:
    def read_time(text: str) -> Any:
        from flowc_runtime.values import times

        return times.READERS[name](text)

    return read_time


def _decimal(text: str) -> Any:
    import decimal

    value = decimal.Decimal(text)
    if value.is_nan():
        raise ValueError("it is not a number")
    return value


_FROM_NUMBERS = frozenset(["decimal:Decimal", "datetime:timedelta", "fractions:Fraction"])

_BUILTINS: dict[str, Callable[[Reader, Json, TypeSpec, str], Any]] = {
    "builtins:bytearray": _read_bytearray,
    "builtins:complex": _read_complex,
    "builtins:object": _read_object,
}

_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "decimal:Decimal": _decimal,
    "fractions:Fraction": _constructor("fractions", "Fraction"),
    "uuid:UUID": _constructor("uuid", "UUID"),
    "zoneinfo:ZoneInfo": _constructor("zoneinfo", "ZoneInfo"),
    "datetime:date": _time("date"),
    "datetime:datetime": _time("datetime"),
    "datetime:time": _time("time"),
    "datetime:timedelta": _time("timedelta"),
    "pathlib:Path": _constructor("pathlib", "Path"),
    "pathlib:PosixPath": _constructor("pathlib", "PosixPath"),
    "pathlib:PurePath": _constructor("pathlib", "PurePath"),
    "pathlib:PurePosixPath": _constructor("pathlib", "PurePosixPath"),
    "pathlib:PureWindowsPath": _constructor("pathlib", "PureWindowsPath"),
}
