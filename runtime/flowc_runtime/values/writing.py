"""Values as plain JSON, which is read back with the help of the declared type."""

from __future__ import annotations

import json
import sys
from binascii import b2a_base64

from flowc_runtime.values import MAX_BITS, MAX_DEPTH, NotEncodable, canonical, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc_runtime.contract import Json

_AS_TEXT = frozenset(
    [
        "pathlib.PosixPath",
        "pathlib.WindowsPath",
        "pathlib.PurePosixPath",
        "pathlib.PureWindowsPath",
    ]
)


def plain(value: Any, depth: int = 0) -> Json:
    if depth > MAX_DEPTH:
        raise NotEncodable(f"is nested more than {MAX_DEPTH} deep, or contains itself")
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return _plain_text(value) if kind is str else value
    if kind is int:
        if value.bit_length() > MAX_BITS:
            raise NotEncodable("is an integer too long for plain JSON")
        return value
    if kind is float:
        return _plain_float(value)
    if kind in {list, tuple}:
        return _items(value, depth)
    if kind in {set, frozenset}:
        return sorted(_items(value, depth), key=canonical)
    if kind is dict:
        return _plain_dict(value, depth)
    return _plain_instance(value, depth)


def _plain_text(value: str) -> str:
    if "\ud800" <= max(value, default="") and json.loads(json.dumps(value)) != value:
        raise NotEncodable("is text with pairs of surrogates, which JSON reads as one character")
    return value


def _plain_float(value: float) -> Json:
    if value - value == 0:
        return value
    if value != value:  # noqa: PLR0124 - only NaN is not itself
        raise NotEncodable("is NaN, which is no parameter: it is not equal to itself")
    return "Infinity" if value > 0 else "-Infinity"


def _items(values: Any, depth: int) -> list[Json]:
    found: list[Json] = []
    for value in values:
        try:
            found.append(plain(value, depth + 1))
        except NotEncodable as error:
            raise error.within(f"[{len(found)}]") from None
    return found


def _plain_dict(value: dict[Any, Any], depth: int) -> Json:
    natural = all(type(key) is str for key in value)
    pairs: list[Json] = []
    for key, item in value.items():
        try:
            pairs.append([plain(key, depth + 1), plain(item, depth + 1)])
        except NotEncodable as error:
            raise error.within(f"[{key!r:.60}]") from None
    return dict(pairs) if natural else pairs


def _fields(values: dict[str, Any], depth: int) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in values.items():
        try:
            found[name] = plain(value, depth + 1)
        except NotEncodable as error:
            raise error.within(f".{name}") from None
    return found


def _plain_instance(value: Any, depth: int) -> Json:
    kind: Any = type(value)
    name = type_name(kind).replace("pathlib._local.", "pathlib.")
    if name in {"bytes", "bytearray"}:
        return b2a_base64(value, newline=False).decode("ascii")
    if name == "complex":
        return [plain(value.real), plain(value.imag)]
    if name in _AS_TEXT or name in {"fractions.Fraction", "uuid.UUID"}:
        return _plain_text(str(value))
    if name == "decimal.Decimal" and value == value:  # noqa: PLR0124 - only NaN is not itself
        return str(value).replace("e", "E")
    if name == "zoneinfo.ZoneInfo" and value.key:
        return str(value.key)
    if kind.__module__ == "datetime":
        return _plain_time(value)
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum):
        named = kind.__members__.get(value._name_) is value
        return value._name_ if named else plain(value._value_, depth + 1)
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return _fields(dict(zip(kind._fields, value, strict=True)), depth)
    if hasattr(kind, "__dataclass_fields__"):
        return _fields(_init_fields(value), depth)
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and isinstance(value, pydantic.BaseModel):
        return _plain_model(value)
    raise NotEncodable(f"is a {name}, which cannot be given as a parameter")


def _plain_time(value: Any) -> Json:
    import datetime

    from flowc_runtime.values import times

    kind = type(value)
    try:
        if kind is datetime.date:
            return value.isoformat()
        if kind is datetime.timedelta:
            return times.write_duration(value)
        if kind is datetime.datetime or kind is datetime.time:
            return times.write(value)
    except ValueError as error:
        raise NotEncodable(str(error)) from None
    raise NotEncodable(f"is a {type_name(kind)}, which cannot be given as a parameter")


def _init_fields(value: Any) -> dict[str, Any]:
    import dataclasses

    fields = dataclasses.fields(value)
    return {field.name: getattr(value, field.name) for field in fields if field.init}


def _plain_model(value: Any) -> Json:
    """The model's own JSON, once it is sure that the model reads it as the same value."""
    text = value.model_dump_json(by_alias=True, round_trip=True)
    try:
        again = type(value).model_validate_json(text)
    except ValueError as error:
        raise NotEncodable(
            f"is a {type_name(type(value))} that refuses its own JSON: {error}"
        ) from error
    if again != value:
        raise NotEncodable(f"is a {type_name(type(value))} that its own JSON changes")
    return json.loads(text)
