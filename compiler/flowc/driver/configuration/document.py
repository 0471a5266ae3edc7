"""A YAML file as values that know their line, with variables of the environment filled in.

Scalars mean what YAML 1.2 says: `no`, `on` and `2026-01-31` are texts, `1e-3` is a number. Keys
are texts, and each stands once; a mapping may take over another one with `<<`. ``!secret NAME``
and ``!secret NAME/KEY`` are secrets, of which this file knows no more than the code does.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from flowc.authoring.secrets import Secret
from flowc.errors import AuthorError
from flowc.narrowing import is_dict, is_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_DEPTH = 100
"""Of lists and mappings in each other; only an alias that leads to itself is deeper."""

SHOWN = 40
"""Characters of a text that is no number; Python reads none of more than some 4300 digits."""

TAG = "tag:yaml.org,2002:"
SECRET = "!secret"  # noqa: S105 - a tag
WRITTEN = "write !secret NAME, or !secret NAME/KEY"
SCHEMA = (
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
)
VARIABLE = re.compile(r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_]\w*)(?P<default>:-[^}]*)?\})?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and its ``file:line``: that of its key, where it has one.

    ``value`` is a scalar (or a secret), a list of entries, or a dict of entries by name.
    """

    value: Any
    where: str

    def plain(self) -> Any:
        if is_dict(self.value):
            return {name: entry.plain() for name, entry in self.value.items()}
        if is_list(self.value):
            return [entry.plain() for entry in self.value]
        return self.value


# libyaml's parser where PyYAML was built with it; their stubs have no types.
_Loader: Any = type("_Loader", (getattr(yaml, "CBaseLoader", yaml.BaseLoader),), {})
for _name, _pattern, _first in SCHEMA:
    _starts = [*_first, ""] if _name == "null" else list(_first)
    _Loader.add_implicit_resolver(TAG + _name, re.compile(rf"(?:{_pattern})\Z", re.ASCII), _starts)


def read_document(path: str, *, where: str = "") -> Entry:
    """Raises AuthorError, with the line, for what is no YAML or means nothing here."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise AuthorError(
            f"the configuration '{path}' cannot be read: {error.strerror}", where=where
        ) from None
    except UnicodeDecodeError as error:
        raise AuthorError(
            f"the configuration '{path}' is not UTF-8: {error}", where=where
        ) from None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        raise _no_yaml(path, text, error) from None
    if node is None:
        return Entry({}, f"{path}:1")
    return _Reader(path, loader.resolve).entry(node)


def _no_yaml(path: str, text: str, error: yaml.YAMLError) -> AuthorError:
    mark = getattr(error, "problem_mark", None)
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    problem = ": ".join(part for part in parts if part) or str(error).partition("\n")[0]
    where = f"{path}:{mark.line + 1}" if mark is not None else _odd_character(path, text)
    return AuthorError(f"no valid YAML: {problem}", where=where)


def _odd_character(path: str, text: str) -> str:
    """Where the first control character stands, which is the one thing that has no mark."""
    found = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    return f"{path}:{text.count(chr(10), 0, found.start()) + 1}" if found else path


class _Reader:
    """Turns nodes into entries."""

    def __init__(self, path: str, resolve: Callable[..., str]) -> None:
        self._path = path
        self._resolve = resolve

    def entry(self, node: Any, where: str = "", depth: int = 0) -> Entry:
        where = where or self._place(node)
        match node:
            case yaml.ScalarNode():
                return Entry(self._scalar(node, where), where)
            case yaml.SequenceNode():
                self._check_tag(node, "seq", where)
                self._check_depth(depth, where)
                return Entry([self.entry(item, "", depth + 1) for item in node.value], where)
            case _:
                self._check_tag(node, "map", where)
                return Entry(self._mapping(node, where, depth), where)

    def _place(self, node: Any) -> str:
        return f"{self._path}:{node.start_mark.line + 1}"

    def _check_tag(self, node: Any, wanted: str, where: str) -> None:
        if node.tag == SECRET:
            raise AuthorError("a secret is one text", where=where, hint=WRITTEN)
        if node.tag != TAG + wanted:
            raise AuthorError(f"the tag '{node.tag}' means nothing here", where=where)

    def _check_depth(self, depth: int, where: str) -> None:
        if depth > MAX_DEPTH:
            raise AuthorError("this is nested too deeply, or in itself", where=where)

    def _mapping(self, node: Any, place: str, depth: int) -> dict[str, Entry]:
        self._check_depth(depth, place)
        own: dict[str, Entry] = {}
        below: dict[str, Entry] = {}
        for key, value in node.value:
            where = self._place(key)
            if not isinstance(key, yaml.ScalarNode):
                raise AuthorError("a key is a text", where=where)
            if key.tag == f"{TAG}merge":
                for merged in self._merged(value, where):
                    below = {**self._mapping(merged, where, depth + 1), **below}
                continue
            name: str = key.value
            if name in own:
                raise AuthorError(
                    f"'{name}' stands here again, after {own[name].where}", where=where
                )
            own[name] = self.entry(value, where, depth + 1)
        return {**below, **own}

    def _merged(self, node: Any, where: str) -> Iterator[Any]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for found in nodes:
            if not isinstance(found, yaml.MappingNode):
                raise AuthorError("'<<' takes over a mapping, or a list of them", where=where)
            yield found

    def _scalar(self, node: Any, where: str) -> Any:
        text: str = node.value
        tag: str = node.tag
        if "${" in text:
            text = fill_in(text, where)
            if not node.style and tag != SECRET:
                tag = self._resolve(yaml.ScalarNode, text, (True, False))
        return _value(text, tag, where)


def _value(text: str, tag: str, where: str) -> Any:
    if tag == SECRET:
        return _secret(text, where)
    match tag.removeprefix(TAG):
        case "str" | "merge":
            return text
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _number(int, text, where)
        case "float":
            return _number(float, text, where)
        case _:
            raise AuthorError(f"the tag '{tag}' means nothing here", where=where)


def _secret(text: str, where: str) -> Secret:
    name, slash, key = text.partition("/")
    try:
        return Secret(name, key=key or slash)
    except AuthorError as error:
        raise AuthorError(error.message, where=where, hint=WRITTEN) from None


def _number(kind: Callable[..., Any], text: str, where: str) -> Any:
    lowered = text.lower()
    try:
        if kind is int:
            return int(lowered, 0) if lowered[:2] in {"0o", "0x"} else int(lowered)
        return float(lowered.replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        seen = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
        raise AuthorError(f"'{seen}' is no number", where=where) from None


def fill_in(text: str, where: str) -> str:
    """``${NAME}`` and ``${NAME:-default}``; ``$${`` stands for ``${`` itself.

    As in a shell, the default also counts for a variable that is empty. Raises AuthorError for a
    variable that is not set.
    """

    def filled(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        name, default = found["name"], found["default"]
        if name is None:
            raise AuthorError(
                f"'{text}' has a '${{' that begins no variable",
                where=where,
                hint="write ${NAME} or ${NAME:-default}, and $${ for the text itself",
            )
        value = os.environ.get(name)
        if default is not None:
            return value or default[2:]
        if value is None:
            raise AuthorError(
                f"the environment variable {name} is not set",
                where=where,
                hint=f"set it, or write ${{{name}:-default}}",
            )
        return value

    return VARIABLE.sub(filled, text)
