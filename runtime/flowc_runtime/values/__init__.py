"""Values as JSON, in two forms.

*Encoded* is lossless: ``decode(encode(v))`` has the type and contents of ``v``. What JSON holds
faithfully stands for itself; everything else is an object with one key that begins with ``$``::

    {"$float": "nan" | "inf" | "-inf"}       {"$int": "0x..."} (huge)   {"$str": base64}
    {"$bytes": base64}                       {"$bytearray": base64}     {"$complex": [re, im]}
    {"$tuple": [...]}                        {"$set": [...]}            {"$frozenset": [...]}
    {"$dict": [[key, value], ...]}           {"$namedtuple": [class, {...}]}
    {"$decimal": text}                       {"$fraction": [n, d]}      {"$uuid": text}
    {"$datetime": [text, zone, fold]}        {"$time": [text, zone, fold]}
    {"$date": text}                          {"$timedelta": [days, seconds, microseconds]}
    {"$timezone": [timedelta, name]}         {"$zoneinfo": key}
    {"$enum": [class, name]}                 {"$flag": [class, value]}
    {"$dataclass": [class, {...}]}           {"$pydantic": [class, state]}
    {"$path": text}                          {"$purepath": [flavour, text]}
    {"$numpy": [dtype, base64]} (scalars)

A class is ``module:Qualname``. What could only be stored by changing it (a subclass of a builtin
type, hidden state, a class that cannot be found again) raises NotEncodable. One object that is
referred to twice comes back as two equal ones.

*Plain* is what people and engines write for a parameter; it needs the declared type to be read:
a date is ISO text, a set a list, a dataclass an object of its fields.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

    from flowc_runtime.contract import Json, TypeSpec

MAX_DEPTH = 100
"""Containers inside containers; each may take three levels of JSON, and parsers stop at 1,000."""

MAX_BITS = 2_000
"""Longer integers are written in hexadecimal: Python limits decimal text, down to 640 digits."""

MAX_CONTAINERS = 5_000_000
"""Lists of lists that refer to each other twice would otherwise be written out without end."""

_ENOUGH_FOR_FAST_PATH = 8
_BIG = 1 << MAX_BITS


class_of: Callable[[object], Any] = type
"""The class of a value, of which type checkers then know nothing, as is right for any value."""


class NotEncodable(TypeError):  # noqa: N818 - what it says about the value
    """The value has no lossless JSON form; ``path`` leads to the part that has none."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"the value{f' at {path}' if path else ''} {reason}")
        self.reason = reason
        self.path = path

    def within(self, step: str) -> NotEncodable:
        """The same problem, seen from one container further out."""
        return type(self)(self.reason, step + self.path)


class TooManyContainers(NotEncodable):
    """Nothing in the value is wrong; JSON is the wrong form for all of it."""


class NotDecodable(ValueError):  # noqa: N818 - what it says about the value
    """Encoded JSON that cannot become a value here; ``missing`` is the module it needs."""

    def __init__(self, text: str, missing: str = "") -> None:
        super().__init__(text)
        self.missing = missing


class BadValue(ValueError):  # noqa: N818 - what it says about the value
    """A parameter does not fit its type; the text names the parameter and the place inside it.

    ``is_inside`` is whether the kind of the value fits and something in it does not.
    """

    def __init__(
        self, name: str, problem: str, path: str = "", *, is_inside: bool = False
    ) -> None:
        super().__init__(f"parameter '{name}'{f' at {path}' if path else ''} {problem}")
        self.path = path
        self.is_inside = is_inside


class Encoder:
    """Encodes one value.

    ``leaf`` is offered every part that natural JSON cannot hold, before the tags are tried; it
    returns the JSON to stand for it, or None.
    """

    __slots__ = ("_active", "_entered", "_tags", "leaf")

    def __init__(self, leaf: Callable[[object], Json | None] | None = None) -> None:
        self.leaf = leaf
        self._active: set[int] = set()
        self._entered = 0
        self._tags: ModuleType | None = None

    def encode(self, value: Any) -> Json:
        if _is_natural(value):
            return value
        kind = class_of(value)
        if kind is list:
            return self.items(value, value)
        if kind is dict:
            return self._dict(value)
        if self.leaf is not None and (found := self.leaf(value)) is not None:
            return found
        return self._load_tags().encode(self, value)

    def items(self, values: Iterable[Any], owner: Any) -> list[Json]:
        """Encode the items of the container ``owner``."""
        if class_of(owner) is list and _all_natural(owner):
            return list(owner)
        self.enter(owner)
        encoded: list[Json] = []
        encode = self.encode
        try:
            for value in values:
                encoded.append(encode(value))  # noqa: PERF401 - its length is the failing index
        except NotEncodable as error:
            raise error.within(f"[{len(encoded)}]") from None
        self.leave(owner)
        return encoded

    def fields(self, values: dict[str, Any], owner: object, step: str = ".{}") -> dict[str, Json]:
        """Encode the named parts of ``owner``."""
        self.enter(owner)
        encoded: dict[str, Json] = {}
        key = ""
        try:
            for key, value in values.items():
                encoded[key] = self.encode(value)
        except NotEncodable as error:
            raise error.within(step.format(key)) from None
        self.leave(owner)
        return encoded

    def enter(self, owner: object) -> None:
        if id(owner) in self._active:
            raise NotEncodable(f"is a {type_name(type(owner))} that contains itself")
        if len(self._active) >= MAX_DEPTH:
            raise NotEncodable(f"is nested more than {MAX_DEPTH} deep")
        if self._entered >= MAX_CONTAINERS:
            raise TooManyContainers(f"is one of more than {MAX_CONTAINERS:,} containers")
        self._entered += 1
        self._active.add(id(owner))

    def leave(self, owner: object) -> None:
        self._active.discard(id(owner))

    def _dict(self, value: dict[Any, Any]) -> Json:
        for key in value:
            if type(key) is not str or key[:1] == "$" or not (key.isascii() or is_unicode(key)):
                return self._load_tags().encode_pairs(self, value)
        self.enter(value)
        encoded: dict[str, Json] = {}
        key = None
        try:
            for key, item in value.items():
                encoded[key] = item if _is_natural(item) else self.encode(item)
        except NotEncodable as error:
            raise error.within(f"[{key!r}]") from None
        self.leave(value)
        return encoded

    def _load_tags(self) -> ModuleType:
        if self._tags is None:
            from flowc_runtime.values import tags

            self._tags = tags
        return self._tags


def encode(value: object) -> Json:
    """Lossless tagged JSON of ``value``; raises NotEncodable."""
    return Encoder().encode(value)


def decode(encoded: Json) -> Any:
    """The value that was encoded; raises NotDecodable. It shares nothing with ``encoded``."""
    kind = class_of(encoded)
    if kind is list:
        return [decode(item) for item in encoded]
    if kind is dict:
        return untag({key: decode(item) for key, item in encoded.items()})
    return encoded


def untag(found: dict[str, Any]) -> Any:
    """An object whose parts are decoded already; made to be the ``object_hook`` of ``json``."""
    if len(found) == 1:
        (key,) = found
        if key[:1] == "$":
            from flowc_runtime.values import tags

            return tags.decode(key, found[key])
    return found


def canonical(encoded: Json) -> str:
    """One text for equal JSON and another for any other, for hashing.

    Keys are sorted, so objects that differ in their order alone are equal. Raises NotEncodable
    for what is no JSON, or is changed by writing it (``encode`` returns neither).
    """
    _check(encoded)
    return _CANONICAL.encode(encoded)


def dumps(encoded: Json) -> str:
    """Compact ASCII text of JSON, in its own order; ``json.loads`` gives it back unchanged."""
    return _COMPACT.encode(encoded)


def loads(text: str | bytes) -> Any:
    """The value whose encoded JSON is ``text``: ``decode(json.loads(text))``, faster."""
    return json.loads(text, object_hook=untag)


def parse(text: str, typespec: TypeSpec, name: str) -> Any:
    """The value of the parameter ``name`` from its JSON text; raises BadValue."""
    from flowc_runtime.values import parameters

    return parameters.parse(text, typespec, name)


def conform(json_value: Json, typespec: TypeSpec, name: str) -> Any:
    """As ``parse``, from JSON that was parsed already; raises BadValue.

    A decimal number has gone through a float then: Decimal gets the shortest text of that float.
    """
    from flowc_runtime.values import parameters

    return parameters.conform(json_value, typespec, name)


def plain(value: object) -> Json:
    """The plain JSON that ``parse`` reads as ``value`` for its type; raises NotEncodable."""
    from flowc_runtime.values import writing

    return writing.plain(value)


def type_text(typespec: TypeSpec) -> str:
    """The type as Python writes it, for messages."""
    from flowc_runtime.values import hints

    return hints.type_text(typespec)


def module_of(kind: type) -> str:
    """Where the class is found in every version of Python."""
    # Python 3.13 alone says that pathlib's classes live in another module.
    return "pathlib" if kind.__module__ == "pathlib._local" else kind.__module__


def type_name(kind: type) -> str:
    """``module.Qualname``, without the module for builtins."""
    module = module_of(kind)
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def is_unicode(text: str) -> bool:
    """Whether the text has no surrogates, which other readers of JSON replace or join."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_natural(value: Any) -> bool:
    """Whether the scalar is its own JSON, exactly."""
    kind = class_of(value)
    if kind is str:
        return value.isascii() or is_unicode(value)
    if kind is int:
        return bool(-_BIG < value < _BIG)
    if kind is float:
        return bool(value - value == 0)
    return kind is bool or value is None


def _all_natural(values: list[Any]) -> bool:
    """Whether this is a long list of simple scalars of one type, which is its own JSON."""
    if len(values) < _ENOUGH_FOR_FAST_PATH:
        return False
    kinds = set(map(type, values))
    if kinds == {int}:
        return bool(min(values) > -_BIG and max(values) < _BIG)
    if kinds == {float}:
        return all(value - value == 0 for value in values)
    if kinds == {str}:
        return all(map(str.isascii, values))
    return kinds == {bool}


def _check(encoded: Json) -> None:
    kind = class_of(encoded)
    if kind is list:
        for item in encoded:
            _check(item)
    elif kind is dict:
        for key, item in encoded.items():
            if class_of(key) is not str:
                raise NotEncodable(f"has the key {key!r}, and keys of JSON are text")
            _check(key)
            _check(item)
    elif not _is_natural(encoded) and not (kind is str and survives_json(encoded)):
        raise NotEncodable(f"holds {encoded!r:.60}, which JSON does not keep: encode it first")


def survives_json(text: str) -> bool:
    """Whether escapes keep the text: those of a pair of surrogates mean one other character."""
    units = text.encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "surrogatepass") == text


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_COMPACT = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
