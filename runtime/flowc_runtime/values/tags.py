"""The tagged objects of encoded values: one writer and one reader for each."""

from __future__ import annotations

import sys
from binascii import a2b_base64, b2a_base64

from flowc_runtime.values import (
    NotDecodable,
    NotEncodable,
    canonical,
    class_of,
    is_unicode,
    objects,
    type_name,
)
from flowc_runtime.values import encode as encode_alone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from flowc_runtime.contract import Json
    from flowc_runtime.values import Encoder

# Bytes of a long double include padding, which is whatever was in memory.
_PORTABLE_SIZE = {"f": 8, "c": 16}


_chosen: dict[type, Callable[[Encoder, Any], Json]] = {}


def encode(encoder: Encoder, value: Any) -> Json:
    kind = class_of(value)
    writer = _chosen.get(kind)
    if writer is None:
        writer = _chosen[kind] = _choose(kind)
    return writer(encoder, value)


def _choose(kind: Any) -> Callable[[Encoder, Any], Json]:
    """How instances of the class are written."""
    writer = _WRITERS.get(type_name(kind))
    if writer is not None and getattr(sys.modules[kind.__module__], kind.__qualname__) is kind:
        return writer
    if _derives(kind, "enum", "Enum"):
        return _encode_enum
    if tuple in kind.__mro__ and hasattr(kind, "_fields"):
        return _encode_namedtuple
    if hasattr(kind, "__dataclass_fields__"):
        return _encode_dataclass
    if _derives(kind, "pydantic", "BaseModel"):
        return _encode_pydantic
    return _encode_numpy if _derives(kind, "numpy", "generic") else _refuse


def _derives(kind: Any, module: str, name: str) -> bool:
    """Whether the class is derived from that one, without importing it: then it is not."""
    return getattr(sys.modules.get(module), name, None) in kind.__mro__


def _refuse(_: Encoder, value: object) -> NoReturn:
    raise NotEncodable(f"is a {type_name(type(value))}, which has no lossless JSON form")


def encode_pairs(encoder: Encoder, value: dict[Any, Any]) -> Json:
    encoder.enter(value)
    pairs: list[Json] = []
    key = None
    try:
        for key, item in value.items():
            pairs.append([encoder.encode(key), encoder.encode(item)])
    except NotEncodable as error:
        raise error.within(f"[{key!r:.60}]") from None
    encoder.leave(value)
    return {"$dict": pairs}


def decode(tag: str, content: Any) -> Any:
    reader = _READERS.get(tag)
    if reader is None:
        raise NotDecodable(f"'{tag}' is no tag of an encoded value")
    try:
        return reader(content)
    except NotDecodable:
        raise
    except ModuleNotFoundError as error:
        text = f"'{error.name}' is needed to read this value and is not installed"
        raise NotDecodable(text, error.name or "") from error
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        raise NotDecodable(f"a value tagged '{tag}' cannot be read: {error}") from error


def _base64(data: bytes | bytearray) -> str:
    return b2a_base64(data, newline=False).decode("ascii")


# Scalars


def _encode_int(_: Encoder, value: int) -> Json:
    return {"$int": hex(value)}


def _encode_float(_: Encoder, value: float) -> Json:
    return {"$float": repr(value)}


def _encode_str(_: Encoder, value: str) -> Json:
    return {"$str": _base64(value.encode("utf-8", "surrogatepass"))}


def _encode_decimal(_: Encoder, value: Any) -> Json:
    # The letter of the exponent is the only thing that the context decides.
    return {"$decimal": str(value).replace("e", "E")}


def _encode_date(_: Encoder, value: Any) -> Json:
    return {"$date": value.isoformat()}


def _encode_datetime(encoder: Encoder, value: Any) -> Json:
    return {"$datetime": _with_zone(encoder, value)}


def _encode_time(encoder: Encoder, value: Any) -> Json:
    return {"$time": _with_zone(encoder, value)}


def _with_zone(encoder: Encoder, value: Any) -> Json:
    text = value.replace(tzinfo=None).isoformat()
    if value.tzinfo is None and not value.fold:
        return [text]
    try:
        return [text, encoder.encode(value.tzinfo), value.fold]
    except NotEncodable as error:
        raise error.within(".tzinfo") from None


def _encode_timedelta(_: Encoder, value: Any) -> Json:
    return {"$timedelta": [value.days, value.seconds, value.microseconds]}


def _encode_timezone(encoder: Encoder, value: Any) -> Json:
    return {"$timezone": [encoder.encode(item) for item in value.__getinitargs__()]}


def _encode_zoneinfo(_: Encoder, value: Any) -> Json:
    if value.key is None:
        raise NotEncodable("is a time zone that was read from a file and has no key")
    return {"$zoneinfo": value.key}


def _encode_path(encoder: Encoder, value: Any) -> Json:
    return {"$path": encoder.encode(str(value))}


def _encode_purepath(encoder: Encoder, value: Any) -> Json:
    return {"$purepath": [type(value).__name__, encoder.encode(str(value))]}


def _encode_numpy(_: Encoder, value: Any) -> Json:
    dtype = value.dtype
    if type(value) is dtype.type and dtype.kind == "U" and is_unicode(str(value)):
        return {"$numpy": ["U", str(value)]}
    if type(value) is dtype.type and dtype.kind == "S":
        return {"$numpy": ["S", _base64(bytes(value))]}
    portable = dtype.kind in "biufcmM" and dtype.itemsize <= _PORTABLE_SIZE.get(dtype.kind, 16)
    if type(value) is dtype.type and portable:
        return {"$numpy": [dtype.str, _base64(value.tobytes())]}
    raise NotEncodable(f"is a numpy scalar of dtype {dtype}, which has no lossless JSON form")


def _decode_numpy(content: Any) -> Any:
    import numpy as np

    dtype, data = content
    if dtype == "U":
        return np.str_(data)
    raw = a2b_base64(data)
    return np.bytes_(raw) if dtype == "S" else np.frombuffer(raw, dtype)[0]


# Containers


def _encode_set(encoder: Encoder, value: Any) -> Json:
    return {f"${type(value).__name__}": encoder.items(_in_stable_order(value), value)}


def _in_stable_order(values: Any) -> list[Any]:
    """Sort by what the items are, not by what they are replaced with, and never by their hash."""
    return sorted(values, key=lambda value: canonical(encode_alone(value)))


def _encode_namedtuple(encoder: Encoder, value: Any) -> Json:
    kind = class_of(value)
    if len(kind._fields) != len(value) or getattr(value, "__dict__", None):
        raise NotEncodable(f"is a {type_name(kind)} that holds more than its fields")
    fields = encoder.fields(dict(zip(kind._fields, value, strict=True)), value)
    return {"$namedtuple": [objects.class_name(kind), fields]}


def _decode_namedtuple(content: Any) -> Any:
    name, fields = content
    kind = objects.find_class(name)
    if tuple(fields) != kind._fields:
        raise NotDecodable(f"the fields of {name} are {kind._fields} now and were {tuple(fields)}")
    return class_of(()).__new__(kind, fields.values())


def _encode_enum(_: Encoder, value: Any) -> Json:
    kind = class_of(value)
    name = objects.class_name(kind)
    if kind.__members__.get(value._name_) is value:
        return {"$enum": [name, value._name_]}
    return {"$flag": [name, value._value_]}


def _encode_dataclass(encoder: Encoder, value: Any) -> Json:
    name = objects.class_name(class_of(value))
    return {"$dataclass": [name, encoder.fields(objects.dataclass_state(value), value)]}


def _encode_pydantic(encoder: Encoder, value: Any) -> Json:
    # What pickle keeps: with model_dump a subclass in a field would come back as its base, and
    # excluded fields, private attributes and the set of given fields would not come back at all.
    state: dict[str, Any] = value.__getstate__()
    return {"$pydantic": [objects.class_name(class_of(value)), encoder.fields(state, value)]}


def _decode_pydantic(content: Any) -> Any:
    name, state = content
    kind = objects.find_class(name)
    value = kind.__new__(kind)
    value.__setstate__(state)
    return value


def _decode_datetime(content: Any) -> Any:
    import datetime as dt

    return _place(dt.datetime.fromisoformat(content[0]), content)


def _decode_time(content: Any) -> Any:
    import datetime as dt

    return _place(dt.time.fromisoformat(content[0]), content)


def _place(value: Any, content: Any) -> Any:
    return value if len(content) == 1 else value.replace(tzinfo=content[1], fold=content[2])


def _construct(module: str, name: str) -> Callable[[Any], Any]:
    """A reader that calls a class of the standard library with the content, or its items."""

    def read(content: Any) -> Any:
        kind = getattr(__import__(module), name)
        return kind(*content) if type(content) is list else kind(content)

    return read


def _decode_date(content: str) -> Any:
    import datetime as dt

    return dt.date.fromisoformat(content)


def _decode_purepath(content: Any) -> Any:
    import pathlib

    flavours = {"PurePosixPath": pathlib.PurePosixPath, "PureWindowsPath": pathlib.PureWindowsPath}
    return flavours[content[0]](content[1])


_WRITERS: dict[str, Callable[[Encoder, Any], Json]] = {
    "int": _encode_int,
    "float": _encode_float,
    "str": _encode_str,
    "bytes": lambda _, value: {"$bytes": _base64(value)},
    "bytearray": lambda _, value: {"$bytearray": _base64(value)},
    "complex": lambda encoder, value: {
        "$complex": [encoder.encode(value.real), encoder.encode(value.imag)]
    },
    "tuple": lambda encoder, value: {"$tuple": encoder.items(value, value)},
    "set": _encode_set,
    "frozenset": _encode_set,
    "decimal.Decimal": _encode_decimal,
    "fractions.Fraction": lambda encoder, value: {
        "$fraction": [encoder.encode(value.numerator), encoder.encode(value.denominator)]
    },
    "uuid.UUID": lambda _, value: {"$uuid": str(value)},
    "datetime.date": _encode_date,
    "datetime.datetime": _encode_datetime,
    "datetime.time": _encode_time,
    "datetime.timedelta": _encode_timedelta,
    "datetime.timezone": _encode_timezone,
    "zoneinfo.ZoneInfo": _encode_zoneinfo,
    "pathlib.PosixPath": _encode_path,
    "pathlib.WindowsPath": _encode_path,
    "pathlib.PurePosixPath": _encode_purepath,
    "pathlib.PureWindowsPath": _encode_purepath,
}

_READERS: dict[str, Callable[[Any], Any]] = {
    "$int": lambda content: int(content, 16),
    "$float": float,
    "$str": lambda content: a2b_base64(content).decode("utf-8", "surrogatepass"),
    "$bytes": a2b_base64,
    "$bytearray": lambda content: bytearray(a2b_base64(content)),
    "$complex": lambda content: complex(*content),
    "$tuple": tuple,
    "$set": set,
    "$frozenset": frozenset,
    "$dict": dict,
    "$decimal": _construct("decimal", "Decimal"),
    "$fraction": _construct("fractions", "Fraction"),
    "$uuid": _construct("uuid", "UUID"),
    "$date": _decode_date,
    "$datetime": _decode_datetime,
    "$time": _decode_time,
    "$timedelta": _construct("datetime", "timedelta"),
    "$timezone": _construct("datetime", "timezone"),
    "$zoneinfo": _construct("zoneinfo", "ZoneInfo"),
    "$path": _construct("pathlib", "Path"),
    "$purepath": _decode_purepath,
    "$enum": lambda content: objects.find_class(content[0]).__members__[content[1]],
    "$flag": lambda content: objects.find_class(content[0])(content[1]),
    "$namedtuple": _decode_namedtuple,
    "$dataclass": lambda content: objects.restore_dataclass(*content),
    "$pydantic": _decode_pydantic,
    "$numpy": _decode_numpy,
}
