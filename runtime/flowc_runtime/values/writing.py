"""Values as plain JSON, which is read back with the help of the declared type."""

from __future__ import annotations

import json
import sys
from binascii import b2a_base64

from flowc_runtime.values import (
    MAX_BITS,
    MAX_DEPTH,
    NotEncodable,
    canonical,
    class_of,
    survives_json,
    type_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flowc_runtime.contract import Json


def plain(value: Any, depth: int = 0) -> Json:
    if depth > MAX_DEPTH:
        raise NotEncodable(f"is nested more than {MAX_DEPTH} deep, or contains itself")
    kind = class_of(value)
    name = type_name(kind)
    if name in _ITEMS:
        return _ITEMS[name](value, depth)
    if name in _SCALARS:
        return _SCALARS[name](value)
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum):
        named = kind.__members__.get(value._name_) is value
        return value._name_ if named else plain(value._value_, depth + 1)
    if tuple in kind.__mro__ and hasattr(kind, "_fields"):
        return _fields(dict(zip(kind._fields, value, strict=True)), depth)
    if hasattr(kind, "__dataclass_fields__"):
        return _fields(_init_fields(value), depth)
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and isinstance(value, pydantic.BaseModel):
        return _plain_model(value)
    raise NotEncodable(f"is a {name}, which cannot be given as a parameter")


def _plain_int(value: int) -> int:
    if value.bit_length() > MAX_BITS:
        raise NotEncodable("is an integer too long for plain JSON")
    return value


def _plain_float(value: float) -> Json:
    if value - value == 0:
        return value
    return "Infinity" if _is_equal_to_itself(value) and value > 0 else "-Infinity"


def _is_equal_to_itself(value: Any) -> bool:
    if value != value:  # noqa: PLR0124 - only NaN is not itself
        raise NotEncodable("is NaN, which is no parameter: it is not equal to itself")
    return True


def _plain_text(value: Any) -> str:
    text = str(value)
    if not text.isascii() and not survives_json(text):
        raise NotEncodable("is text with a pair of surrogates, which JSON reads as one character")
    return text


def _plain_decimal(value: Any) -> str:
    # The letter of the exponent is the only thing that the context decides.
    return str(value).replace("e", "E") if _is_equal_to_itself(value) else ""


def _plain_bytes(value: bytes) -> str:
    return b2a_base64(value, newline=False).decode("ascii")


def _plain_key(value: Any) -> str:
    if not value.key:
        raise NotEncodable("is a time zone that was read from a file and has no key")
    return str(value.key)


def _plain_duration(value: Any) -> str:
    from flowc_runtime.values import times

    return times.write_duration(value)


def _plain_time(value: Any) -> str:
    from flowc_runtime.values import times

    try:
        return times.write(value)
    except ValueError as error:
        raise NotEncodable(str(error)) from None


def _items(values: Any, depth: int) -> list[Json]:
    found: list[Json] = []
    try:
        for value in values:
            found.append(plain(value, depth + 1))  # noqa: PERF401 - its length is the failing index
    except NotEncodable as error:
        raise error.within(f"[{len(found)}]") from None
    return found


def _plain_set(values: Any, depth: int) -> list[Json]:
    return sorted(_items(values, depth), key=canonical)


def _plain_dict(value: dict[Any, Any], depth: int) -> Json:
    pairs: list[Json] = []
    key = None
    try:
        for key, item in value.items():
            pairs.append([plain(key, depth + 1), plain(item, depth + 1)])
    except NotEncodable as error:
        raise error.within(f"[{key!r:.60}]") from None
    return dict(pairs) if all(type(key) is str for key in value) else pairs


def _fields(values: dict[str, Any], depth: int) -> dict[str, Json]:
    found: dict[str, Json] = {}
    name = ""
    try:
        for name, value in values.items():
            found[name] = plain(value, depth + 1)
    except NotEncodable as error:
        raise error.within(f".{name}") from None
    return found


def _init_fields(value: Any) -> dict[str, Any]:
    """What the class is called with; the other fields it makes itself."""
    import dataclasses

    fields = dataclasses.fields(value)
    return {field.name: getattr(value, field.name) for field in fields if field.init}


def _plain_model(value: Any) -> Json:
    """The model's own JSON, once it is sure that the model reads it as the same value."""
    kind = class_of(value)
    text = value.model_dump_json(by_alias=True, round_trip=True)
    try:
        again = kind.model_validate_json(text)
    except ValueError as error:
        reason = f"is a {type_name(kind)} that refuses its own JSON: {error}"
        raise NotEncodable(reason) from error
    if again != value:
        raise NotEncodable(f"is a {type_name(kind)} that its own JSON changes")
    return json.loads(text)


_ITEMS: dict[str, Callable[[Any, int], Json]] = {
    "list": _items,
    "tuple": _items,
    "set": _plain_set,
    "frozenset": _plain_set,
    "dict": _plain_dict,
}
_SCALARS: dict[str, Callable[[Any], Json]] = {
    "NoneType": lambda value: value,
    "bool": lambda value: value,
    "int": _plain_int,
    "float": _plain_float,
    "str": _plain_text,
    "bytes": _plain_bytes,
    "bytearray": _plain_bytes,
    "complex": lambda value: [_plain_float(value.real), _plain_float(value.imag)],
    "decimal.Decimal": _plain_decimal,
    "fractions.Fraction": _plain_text,
    "uuid.UUID": _plain_text,
    "datetime.date": _plain_text,
    "datetime.datetime": _plain_time,
    "datetime.time": _plain_time,
    "datetime.timedelta": _plain_duration,
    "zoneinfo.ZoneInfo": _plain_key,
    "pathlib.PosixPath": _plain_text,
    "pathlib.WindowsPath": _plain_text,
    "pathlib.PurePosixPath": _plain_text,
    "pathlib.PureWindowsPath": _plain_text,
}
