"""Filters for generated Python as its formatter leaves it: quotes, line lengths, docstrings.

Text stays readable: letters of every script are printed as they are, and only what is invisible
or would end the string is escaped.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from flowc_templates.quoting import QuotingError

LINE_LENGTH = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call among literals: its arguments are literals or calls, each with its keyword."""

    function: str
    arguments: tuple[tuple[str, object], ...] = ()


_SIMPLE = re.compile(r"[ !#-\[\]-~]*")
_SUSPECT = re.compile(r"[^ -\[\]-~]")
_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@lru_cache(maxsize=4096)
def pytext(value: str) -> str:
    """A string literal in double quotes, or in single ones where that saves escapes."""
    if _SIMPLE.fullmatch(value):
        return f'"{value}"'
    quote = "'" if value.count('"') > value.count("'") else '"'
    return f"{quote}{_escape(value).replace(quote, chr(92) + quote)}{quote}"


def literal(value: object, indent: int = 0, used: int = 0, after: int = 1) -> str:
    """A literal of JSON's types, or a call: on one line where it fits, else one item a line.

    ``indent`` is that of the line on which it begins, ``used`` how much of that line is taken, and
    ``after`` how much follows.
    """
    line = _one_line(value)
    if not isinstance(value, Mapping | list | Call) or used + width(line) + after <= LINE_LENGTH:
        return line
    inner = " " * (indent + 4)
    if isinstance(value, Mapping):
        opening, closing = "{", "}"
        pairs = cast("Mapping[str, object]", value).items()
        items = [(f"{inner}{_one_line(key)}: ", item) for key, item in pairs]
    elif isinstance(value, Call):
        opening, closing = f"{value.function}(", ")"
        items = [(f"{inner}{name}=", item) for name, item in value.arguments]
    else:
        opening, closing = "[", "]"
        items = [(inner, item) for item in cast("list[object]", value)]
    lines = [start + literal(item, indent + 4, width(start)) + ",\n" for start, item in items]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}" if lines else opening + closing


def width(line: str) -> int:
    """The most columns that a formatter may count: letters of some scripts take two.

    What is broken into lines too early stays so, for its last comma.
    """
    return len(line) if line.isascii() else len(line) + sum(not char.isascii() for char in line)


def pydoc(value: str, indent: int = 0) -> str:
    """The inside of a string in three double quotes that `cleandoc` gives back.

    Every line but the first is indented.
    """
    lines = inspect.cleandoc(value).split("\n")
    margin = " " * indent
    escaped = [_escape(line.rstrip()) for line in lines]
    body = "\n".join(margin + line if line else line for line in escaped).lstrip()
    body = body.replace('"""', '\\"\\"\\"')
    return "\\" + body if body.startswith('"') else body


def docstring(value: str, indent: int = 0) -> str:
    """A docstring; several lines of it end with a line for the quotes."""
    body = pydoc(value, indent)
    if "\n" in body:
        return f'"""{body}\n{" " * indent}"""'
    return f'"""{body[:-1]}\\""""' if body.endswith('"') else f'"""{body}"""'


def _one_line(value: object) -> str:
    match value:
        case str():
            return pytext(value)
        case None | bool() | int():
            return repr(value)
        case float():
            return _number(value)
        case Mapping():
            pairs = cast("Mapping[str, object]", value).items()
            return (
                f"{{{', '.join(f'{_one_line(key)}: {_one_line(item)}' for key, item in pairs)}}}"
            )
        case list():
            return f"[{', '.join(map(_one_line, cast('list[object]', value)))}]"
        case Call():
            given = ", ".join(f"{name}={_one_line(item)}" for name, item in value.arguments)
            return f"{value.function}({given})"
        case _:
            raise QuotingError(f"no Python literal for a {type(value).__name__}")


def _number(value: float) -> str:
    if not math.isfinite(value):
        return f'float("{value}")'
    return repr(value).replace("e+", "e")


def _escape(text: str) -> str:
    return _SUSPECT.sub(_escape_char, text)


def _escape_char(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    return char.encode("unicode_escape").decode("ascii")
