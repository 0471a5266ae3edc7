"""TOML that knows its lines: Python's parser has values, and places only for errors in syntax."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flowc.errors import AuthorError
from flowc.narrowing import is_dict

if TYPE_CHECKING:
    from pathlib import Path

_HEADER = re.compile(r"\s*\[\[?(?P<keys>.+?)\]\]?\s*(#.*)?")
_LINE = re.compile(r"\(at line (?P<line>\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file's values; ``shown`` is what messages call it."""

    path: Path
    shown: str
    text: str
    values: dict[str, Any]

    def table(self, *keys: str) -> dict[str, Any]:
        """The table at ``keys``, empty when there is none; raises AuthorError for a value."""
        found: Any = self.values
        for number, key in enumerate(keys, 1):
            found = found.get(key, {})
            if not is_dict(found):
                raise AuthorError(
                    f"{'.'.join(keys[:number])} wants to be a table, not {found!r}",
                    where=self.where(*keys[:number]),
                )
        table: dict[str, Any] = found
        return table

    def where(self, *keys: str) -> str:
        """``file:line`` of a key, or of what comes nearest above it."""
        return f"{self.shown}:{_line_of(self.text, keys)}"


def read_toml(path: Path, shown: str) -> TomlFile:
    """Raises AuthorError, with the line, for a file that is no TOML."""
    parser = _parser()
    try:
        text = path.read_text(encoding="utf-8")
        return TomlFile(path, shown, text, parser.loads(text))
    except parser.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        message = _LINE.sub("", str(error)).strip()
        where = f"{shown}:{found['line']}" if found else shown
        raise AuthorError(f"no valid TOML: {message}", where=where) from None
    except (OSError, UnicodeDecodeError) as error:
        raise AuthorError(f"'{shown}' cannot be read: {error}") from None


def _parser() -> Any:
    return import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def _line_of(text: str, wanted: tuple[str, ...]) -> int:
    best, depth = 1, 0
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.fullmatch(line)
        if header:
            place = table = _keys(header["keys"])
        else:
            place = _assigned(line, table)
        shared = min(len(place), len(wanted))
        if place[:shared] == wanted[:shared] and shared > depth:
            best, depth = number, shared
    return best


def _assigned(line: str, table: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that a line gives a value; nothing when it gives none."""
    for found in re.finditer("=", line):
        keys = _keys(line[: found.start()])
        if keys:
            return (*table, *keys)
    return ()


def _keys(text: str) -> tuple[str, ...]:
    """The parts of a dotted key, with TOML's own quotes."""
    parser = _parser()
    try:
        found: Any = parser.loads(f"{text} = 0")
    except parser.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while is_dict(found) and found:
        key, found = next(iter(found.items()))
        keys.append(key)
    return tuple(keys)
