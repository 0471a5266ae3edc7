"""Filters that turn a value into text of the generated language, so that it arrives unchanged.

Every value in a template goes through one of them: a name or a docstring may hold quotes, line
breaks, ``{{ }}`` or NUL. A value that the language has no way to express raises QuotingError.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import cast


class QuotingError(ValueError):
    """The text cannot be written in the generated language; the message says why."""


# Controls, surrogates, non-characters and what is invisible or reorders the text around it.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u115f\u1160\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff0-\uffff\U0001fffe\U0001ffff\U000e0000-\U000e0fff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")

# An option, a path or a name, and no word that some YAML parser takes for a boolean or a number.
_PLAIN = re.compile(r"(--|/)?[A-Za-z][A-Za-z0-9_./-]*(?<![./-])")
_RESERVED = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
_LONGEST_IMPLICIT_KEY = 1000  # the parser gives up at 1,024

_YAML_SPECIAL = re.compile('["\\\\]|' + _UNPRINTABLE.pattern)


def _escape(match: re.Match[str]) -> str:
    r"""``\n``, ``\x85``, ``\u2028`` …, as Python, YAML and their readers know them."""
    return ascii(match[0])[1:-1]


def _refuse_surrogates(text: str) -> None:
    if not text.isascii() and _SURROGATE.search(text):
        raise QuotingError(f"{text!r} holds half of a surrogate pair, which is no Unicode text")


def _escape_yaml(match: re.Match[str]) -> str:
    char = match[0]
    return "\\" + char if char in '"\\' else _escape(match)


@lru_cache(maxsize=4096)
def _yaml_text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    _refuse_surrogates(text)
    if '"' in text and not _UNPRINTABLE.search(text):
        quoted = text.replace("'", "''")
        return f"'{quoted}'"
    return f'"{_YAML_SPECIAL.sub(_escape_yaml, text)}"'


def _yaml_float(number: float) -> str:
    if math.isnan(number):
        return ".nan"
    if math.isinf(number):
        return ".inf" if number > 0 else "-.inf"
    mantissa, e, exponent = repr(number).partition("e")
    # Without a dot, 1e+16 is a string to YAML 1.1.
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{e}{exponent}"


def _yaml_pair(key: object, value: object) -> str:
    if not isinstance(key, str):
        raise QuotingError(f"{key!r} is a key of a mapping and no text")
    name = _yaml_text(key)
    mark = "? " if len(name) > _LONGEST_IMPLICIT_KEY else ""
    return f"{mark}{name}: {yaml(value)}"


def yaml(value: object) -> str:
    """A scalar, or lists and mappings of them, as one line of YAML in flow style.

    Strings are plain only where every YAML parser agrees that they are strings.
    """
    match value:
        case str():
            return _yaml_text(value)
        case None | bool() | int():
            return json.dumps(value)
        case float():
            return _yaml_float(value)
        case _:
            return _yaml_collection(value)


def _yaml_collection(value: object) -> str:
    match value:
        case Mapping():
            pairs = cast("Mapping[object, object]", value).items()
            return "{" + ", ".join(_yaml_pair(key, item) for key, item in pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(yaml(item) for item in cast("Sequence[object]", value)) + "]"
        case _:
            raise QuotingError(f"no YAML for a {type(value).__name__}")


def _py_text(text: str) -> str:
    body = text.encode("unicode_escape").decode("ascii")
    if '"' not in body:
        return f'"{body}"'
    if "'" not in body:
        return f"'{body}'"
    escaped = body.replace('"', '\\"')
    return f'"{escaped}"'


def _py_bytes(data: bytes) -> str:
    text = repr(data)
    return f'b"{text[2:-1]}"' if text[1] == "'" and '"' not in text else text


def _py_float(number: float) -> str:
    return repr(number) if math.isfinite(number) else f'float("{number}")'


def _py_items(value: object) -> tuple[str, list[str], str]:
    """The brackets of a collection and its items as Python text."""
    match value:
        case Mapping():
            pairs = cast("Mapping[object, object]", value).items()
            return "{", [f"{py(key)}: {py(item)}" for key, item in pairs], "}"
        case tuple():
            return "(", [py(item) for item in cast("tuple[object, ...]", value)], ")"
        case frozenset():
            items = sorted(py(item) for item in cast("frozenset[object]", value))
            return "frozenset({", items, "})"
        case AbstractSet():
            return "{", sorted(py(item) for item in cast("AbstractSet[object]", value)), "}"
        case Sequence():
            return "[", [py(item) for item in cast("Sequence[object]", value)], "]"
        case _:
            raise QuotingError(f"no Python literal for a {type(value).__name__}")


def py(value: object) -> str:
    """A Python literal in ASCII, on one line: any value of the built-in types.

    Sets are sorted by their text, so that equal values give equal bytes.
    """
    match value:
        case str():
            return _py_text(value)
        case None | bool() | int():
            return repr(value)
        case float():
            return _py_float(value)
        case bytes():
            return _py_bytes(value)
        case _:
            opening, items, closing = _py_items(value)
    if not items and isinstance(value, AbstractSet):
        return "frozenset()" if isinstance(value, frozenset) else "set()"
    trailing = "," if isinstance(value, tuple) and len(items) == 1 else ""
    return f"{opening}{', '.join(items)}{trailing}{closing}"


def sh(value: object) -> str:
    """One word of a POSIX shell, or the words of a list with spaces between."""
    if isinstance(value, list | tuple):
        return " ".join(sh(word) for word in cast("Sequence[object]", value))
    text = value if isinstance(value, str) else json.dumps(value)
    if "\0" in text:
        raise QuotingError(f"{text!r} holds NUL, which cannot be an argument of a program")
    _refuse_surrogates(text)
    return shlex.quote(text)


def comment(value: object) -> str:
    """Text for the inside of one ``#`` line: breaks become spaces, what is invisible shows."""
    return _UNPRINTABLE.sub(_escape, " ".join(str(value).split()))
