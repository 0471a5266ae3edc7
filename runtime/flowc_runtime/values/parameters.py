"""Run-time parameters: JSON text decoded to its annotation, exactly or not at all.

The alternatives of a union are tried in their order, first in the form that ``plain`` writes, then
in any accepted one. Types whose plain forms are the same text (``date | str``) are therefore told
apart by their order alone.
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64

from flowc_runtime.values import (
    MAX_DEPTH,
    BadValue,
    NotEncodable,
    canonical,
    class_of,
    decode,
    hints,
    plain,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeGuard

    from flowc_runtime.contract import Json, TypeSpec

_SHOWN = 60


class Number(str):
    """A JSON number with a point or an exponent, as it was written."""

    __slots__ = ()


class _RepeatedKeyError(ValueError):
    """An object has a key twice; readers of JSON disagree about which counts."""


def parse(text: str, typespec: TypeSpec, name: str) -> Any:
    try:
        found = json.loads(
            text, parse_float=Number, parse_constant=float, object_pairs_hook=_object
        )
    except _RepeatedKeyError as error:
        raise BadValue(name, f"has the key {error} twice in one object") from None
    except RecursionError:
        raise BadValue(name, f"is nested more than {MAX_DEPTH} deep") from None
    except ValueError as error:
        raise BadValue(name, f"is not JSON: {error} in {_shortened(text)}") from None
    return conform(found, typespec, name)


def conform(json_value: Json, typespec: TypeSpec, name: str) -> Any:
    _check_depth(json_value, name, 0)
    return Reader(name).read(json_value, typespec, "")


class Reader:
    """Reads the parts of one parameter.

    ``exact`` is whether only the form that ``plain`` writes is accepted. Unions try that first,
    so that 1 is an int for ``float | int`` and 2 is no duration for ``timedelta | int``.
    """

    __slots__ = ("exact", "name")

    def __init__(self, name: str, *, exact: bool = False) -> None:
        self.name = name
        self.exact = exact

    def read(self, found: Json, spec: TypeSpec, path: str) -> Any:
        return _READERS[spec.get("kind", "any")](self, found, spec, path)

    def refuse(self, found: Json, spec: TypeSpec, path: str, why: str = "") -> NoReturn:
        wanted = hints.type_text(spec)
        reason = f": {why}" if why else ""
        raise BadValue(self.name, f"wants {wanted}, got {described(found)}{reason}", path)


def is_list(found: Json) -> TypeGuard[list[Json]]:
    return isinstance(found, list)


def is_object(found: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(found, dict)


def described(found: Json) -> str:
    """The JSON value in words."""
    if type(found) in {Number, int, float}:
        return f"the number {_shortened(str(found))}"
    if isinstance(found, str):
        return f"the string {_shortened(repr(found))}"
    if is_list(found):
        return f"a list of {len(found)}"
    return "an object" if is_object(found) else json.dumps(found)


def natural(found: Json) -> Json:
    """JSON without a type: numbers become int and float."""
    if type(found) is Number:
        return float(found)
    if is_list(found):
        return [natural(item) for item in found]
    if is_object(found):
        return {key: natural(item) for key, item in found.items()}
    return found


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(repr(key))
        found[key] = value
    return found


def _check_depth(found: Json, name: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadValue(name, f"is nested more than {MAX_DEPTH} deep")
    children = found.values() if is_object(found) else found if is_list(found) else ()
    for item in children:
        _check_depth(item, name, depth + 1)


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _read_any(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Json:
    if type(found) is Number or type(found) is float:
        return _read_float(reader, found, {"kind": "float"}, path)
    if is_list(found):
        return [_read_any(reader, item, spec, f"{path}[{i}]") for i, item in enumerate(found)]
    if is_object(found):
        items = found.items()
        return {key: _read_any(reader, item, spec, f"{path}[{key!r}]") for key, item in items}
    return found


def _read_itself(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Json:
    if type(found) is not _NATURAL[spec.get("kind", "")]:
        reader.refuse(found, spec, path)
    return found


def _read_float(reader: Reader, found: Json, spec: TypeSpec, path: str) -> float:
    kind = class_of(found)
    is_infinity = kind is str and found in {"Infinity", "-Infinity"}
    is_number = kind is Number or kind is float or (kind is int and not reader.exact)
    if not is_number and not is_infinity:
        reader.refuse(found, spec, path)
    try:
        value = float(found)
    except OverflowError:
        reader.refuse(found, spec, path, "it is too large")
    if value - value != 0 and not is_infinity:
        reader.refuse(found, spec, path, 'it is not finite (for infinity write "Infinity")')
    return value


def _read_bytes(reader: Reader, found: Json, spec: TypeSpec, path: str) -> bytes:
    if type(found) is not str:
        reader.refuse(found, spec, path, "bytes are given in base64")
    return read_base64(reader, found, spec, path)


def read_base64(reader: Reader, found: str, spec: TypeSpec, path: str) -> bytes:
    try:
        data = a2b_base64(found)
    except ValueError:
        data = b""
    # The decoder skips over what is no base64.
    if b2a_base64(data, newline=False) != found.encode("ascii", "replace"):
        reader.refuse(found, spec, path, "it is not base64")
    return data


def _read_list(reader: Reader, found: Json, spec: TypeSpec, path: str) -> list[Any]:
    if not is_list(found):
        reader.refuse(found, spec, path)
    item_spec = _argument(spec, 0)
    return [reader.read(item, item_spec, f"{path}[{i}]") for i, item in enumerate(found)]


def _read_set(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    items = _read_list(reader, found, spec, path)
    try:
        value = frozenset(items)
    except TypeError as error:
        reader.refuse(found, spec, path, str(error))
    return value if spec.get("kind") == "frozenset" else set(value)


def _read_tuple(reader: Reader, found: Json, spec: TypeSpec, path: str) -> tuple[Any, ...]:
    args = spec.get("args", [])
    if spec.get("variadic") or not args:
        return tuple(_read_list(reader, found, spec, path))
    if not is_list(found) or len(found) != len(args):
        reader.refuse(found, spec, path)
    parts = enumerate(zip(found, args, strict=True))
    return tuple(reader.read(item, arg, f"{path}[{i}]") for i, (item, arg) in parts)


def _read_dict(reader: Reader, found: Json, spec: TypeSpec, path: str) -> dict[Any, Any]:
    key_spec, item_spec = _argument(spec, 0), _argument(spec, 1)
    if is_object(found):
        pairs = [[_read_key(reader, key, key_spec, path), item] for key, item in found.items()]
    elif is_list(found) and all(is_list(pair) and len(pair) == len("kv") for pair in found):
        pairs = [[reader.read(pair[0], key_spec, path), pair[1]] for pair in found]
    else:
        reader.refuse(found, spec, path)
    value: dict[Any, Any] = {}
    for key, item in pairs:
        place = f"{path}[{key!r:.60}]"
        try:
            repeated = key in value
        except TypeError as error:
            reader.refuse(found, spec, path, str(error))
        if repeated:
            raise BadValue(reader.name, "has this key twice", place)
        value[key] = reader.read(item, item_spec, place)
    return value


def _read_key(reader: Reader, key: str, spec: TypeSpec, path: str) -> Any:
    """Keys of an object are text: as the type writes itself (``RED``), else as JSON (``7``)."""
    try:
        return reader.read(key, spec, path)
    except BadValue as error:
        problem = error
    try:
        return reader.read(json.loads(key, parse_float=Number), spec, path)
    except (ValueError, RecursionError):
        raise problem from None


def _read_union(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    problems: list[BadValue] = []
    for exact in (True,) if reader.exact else (True, False):
        attempt = Reader(reader.name, exact=exact)
        problems.clear()
        for alternative in spec.get("args", []):
            value = _attempt(attempt, found, alternative, path)
            if type(value) is not BadValue:
                return value
            problems.append(value)
    # Where just one alternative got further than the kind of the value, its problem is the one.
    further = [problem for problem in problems if problem.path != path or problem.is_inside]
    if len(further) == 1:
        raise further[0]
    return reader.refuse(found, spec, path)


def _attempt(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    try:
        return reader.read(found, spec, path)
    except BadValue as error:
        return error


def _read_literal(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    try:
        text = canonical(natural(found))
    except NotEncodable:
        reader.refuse(found, spec, path)
    for encoded in spec.get("values", []):
        value = decode(encoded)
        if canonical(plain(value)) == text:
            return value
    return reader.refuse(found, spec, path)


def _read_class(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    from flowc_runtime.values import instances

    return instances.read(reader, found, spec, path)


def _argument(spec: TypeSpec, position: int) -> TypeSpec:
    args = spec.get("args", [])
    return args[position] if position < len(args) else hints.ANY


_NATURAL = {"none": type(None), "bool": bool, "int": int, "str": str}

_READERS: dict[str, Callable[[Reader, Json, TypeSpec, str], Any]] = {
    "any": _read_any,
    "none": _read_itself,
    "bool": _read_itself,
    "int": _read_itself,
    "float": _read_float,
    "str": _read_itself,
    "bytes": _read_bytes,
    "list": _read_list,
    "dict": _read_dict,
    "tuple": _read_tuple,
    "set": _read_set,
    "frozenset": _read_set,
    "union": _read_union,
    "literal": _read_literal,
    "class": _read_class,
}
