"""Run-time parameters: JSON text decoded to its annotation, exactly or not at all."""

from __future__ import annotations

import json
from binascii import a2b_base64

from flowc_runtime.values import MAX_DEPTH, BadValue, canonical, decode, hints, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from flowc_runtime.contract import Json, TypeSpec

_SHOWN = 60


class Number(str):
    """A JSON number with a point or an exponent, as it was written."""

    __slots__ = ()


class _RepeatedKeyError(ValueError):
    pass


def parse(text: str, typespec: TypeSpec, name: str) -> Any:
    try:
        found = json.loads(
            text, parse_float=Number, parse_constant=_constant, object_pairs_hook=_object
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

    ``exact`` is whether only the form that ``plain`` writes is accepted. Unions try their
    alternatives so first, and a number of seconds is no date's second choice.
    """

    __slots__ = ("exact", "name")

    def __init__(self, name: str, *, exact: bool = False) -> None:
        self.name = name
        self.exact = exact

    def read(self, found: Json, spec: TypeSpec, path: str) -> Any:
        return _READERS[spec["kind"]](self, found, spec, path)

    def refuse(self, found: Json, spec: TypeSpec, path: str, why: str = "") -> NoReturn:
        wanted = hints.type_text(spec)
        reason = f": {why}" if why else ""
        raise BadValue(self.name, f"wants {wanted}, got {described(found)}{reason}", path)


def described(found: Json) -> str:
    """The JSON value in words."""
    if type(found) is Number or type(found) is int or type(found) is float:
        return f"the number {_shortened(str(found))}"
    if isinstance(found, str):
        return f"the string {_shortened(repr(found))}"
    if isinstance(found, list):
        return f"a list of {len(found)}"
    return "an object" if isinstance(found, dict) else json.dumps(found)


def natural(found: Json) -> Any:
    """JSON without a type: numbers become int and float."""
    if type(found) is Number:
        return float(found)
    if isinstance(found, list):
        return [natural(item) for item in found]
    if isinstance(found, dict):
        return {key: natural(item) for key, item in found.items()}
    return found


def _constant(text: str) -> float:
    return float(text)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(repr(next(key for key in keys if keys.count(key) > 1)))
    return found


def _check_depth(found: Json, name: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadValue(name, f"is nested more than {MAX_DEPTH} deep")
    if isinstance(found, (list, dict)):
        for item in found.values() if isinstance(found, dict) else found:
            _check_depth(item, name, depth + 1)


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _read_any(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    if type(found) is Number or type(found) is float:
        return _read_float(reader, found, {"kind": "float"}, path)
    if isinstance(found, list):
        return [_read_any(reader, item, spec, f"{path}[{i}]") for i, item in enumerate(found)]
    if isinstance(found, dict):
        items = found.items()
        return {key: _read_any(reader, item, spec, f"{path}[{key!r}]") for key, item in items}
    return found


def _read_itself(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    if type(found) is not _NATURAL[spec["kind"]]:
        reader.refuse(found, spec, path)
    return found


def _read_float(reader: Reader, found: Json, spec: TypeSpec, path: str) -> float:
    if found in {"Infinity", "-Infinity"} and type(found) is str:
        return float(found)
    if type(found) is Number or type(found) is float or (type(found) is int and not reader.exact):
        try:
            value = float(found)
        except OverflowError:
            reader.refuse(found, spec, path, "it is too large")
        if value - value == 0:
            return value
        reader.refuse(found, spec, path, 'it is not finite (write "Infinity" as a string)')
    reader.refuse(found, spec, path)


def _read_bytes(reader: Reader, found: Json, spec: TypeSpec, path: str) -> bytes:
    if type(found) is not str:
        reader.refuse(found, spec, path, "bytes are given in base64")
    try:
        data = a2b_base64(found)
    except ValueError:
        data = b""
    from binascii import b2a_base64

    if b2a_base64(data, newline=False) != found.encode("ascii", "replace"):
        reader.refuse(found, spec, path, "it is not base64")
    return data


def _read_list(reader: Reader, found: Json, spec: TypeSpec, path: str) -> list[Any]:
    if not isinstance(found, list):
        reader.refuse(found, spec, path)
    item_spec = _argument(spec, 0)
    return [reader.read(item, item_spec, f"{path}[{i}]") for i, item in enumerate(found)]


def _read_set(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    items = _read_list(reader, found, spec, path)
    try:
        return frozenset(items) if spec["kind"] == "frozenset" else set(items)
    except TypeError as error:
        reader.refuse(found, spec, path, str(error))


def _read_tuple(reader: Reader, found: Json, spec: TypeSpec, path: str) -> tuple[Any, ...]:
    args = spec.get("args", [])
    if spec.get("variadic") or not args:
        return tuple(_read_list(reader, found, spec, path))
    if not isinstance(found, list) or len(found) != len(args):
        reader.refuse(found, spec, path)
    pairs = zip(found, args, strict=True)
    return tuple(reader.read(item, arg, f"{path}[{i}]") for i, (item, arg) in enumerate(pairs))


def _read_dict(reader: Reader, found: Json, spec: TypeSpec, path: str) -> dict[Any, Any]:
    key_spec, item_spec = _argument(spec, 0), _argument(spec, 1)
    if isinstance(found, dict):
        pairs = [(_read_key(reader, key, key_spec, path), key, found[key]) for key in found]
    elif isinstance(found, list) and all(isinstance(it, list) and len(it) == 2 for it in found):  # noqa: PLR2004 - a pair
        pairs = [(reader.read(key, key_spec, path), key, item) for key, item in found]
    else:
        reader.refuse(found, spec, path)
    value: dict[Any, Any] = {}
    for key, text, item in pairs:
        place = f"{path}[{text!r}]"
        try:
            repeated = key in value
        except TypeError as error:
            reader.refuse(found, spec, path, str(error))
        if repeated:
            raise BadValue(reader.name, "repeats a key", place)
        value[key] = reader.read(item, item_spec, place)
    return value


def _read_key(reader: Reader, key: str, spec: TypeSpec, path: str) -> Any:
    """Keys of an object are text: as the type writes itself (``RED``), else as JSON (``7``)."""
    try:
        return reader.read(key, spec, path)
    except BadValue as error:
        try:
            return reader.read(json.loads(key, parse_float=Number), spec, path)
        except ValueError:
            raise error from None


def _read_union(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    deeper: list[BadValue] = []
    for exact in (True,) if reader.exact else (True, False):
        attempt = Reader(reader.name, exact=exact)
        deeper.clear()
        for alternative in spec["args"]:
            try:
                return attempt.read(found, alternative, path)
            except BadValue as error:
                deeper += [error] if error.path != path or "field" in error.problem else []
    if len(deeper) == 1:
        raise deeper[0]
    reader.refuse(found, spec, path)


def _read_literal(reader: Reader, found: Json, spec: TypeSpec, path: str) -> Any:
    text = canonical(natural(found)) if not isinstance(found, float) else canonical(found)
    for encoded in spec["values"]:
        value = decode(encoded)
        if canonical(plain(value)) == text:
            return value
    reader.refuse(found, spec, path)


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
