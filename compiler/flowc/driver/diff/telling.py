"""Says in words how two values of a setting differ."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from flowc.narrowing import is_tuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.client.differences import Cause

LONGEST = 60
"""Characters of a value that are shown."""


def change(kind: str, name: str, text: str, where: str = "") -> Cause:
    return {"kind": kind, "name": name, "where": where, "text": text}


def arrow(before: object, after: object) -> str:
    """``: 1 -> 2``, when both are short and not spelt the same."""
    was, now = spell(before), spell(after)
    if was == now or max(len(was), len(now)) > LONGEST:
        return ""
    return f": {was} -> {now}"


def spell(value: object) -> str:
    """A value as a person writes it."""
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def setting(name: str, before: Any, after: Any) -> str:
    """``name`` changed, and how: for whatever a node of the IR may hold."""
    shown = name.replace("_", " ")
    if _is_node(before) and type(before) is type(after):
        return f"{shown}: {', '.join(_parts(before, after))}"
    if is_tuple(before) and is_tuple(after):
        detail = ", ".join(members(before, after))
        return f"{shown} changed: {detail}" if detail else f"{shown} changed"
    if (_is_node(before) or _is_node(after)) and not _is_spelt(before if after is None else after):
        happened = "is gone" if after is None else "is new" if before is None else "changed"
        return f"{shown} {happened}"
    return f"{shown}{arrow(before, after) or ' changed'}"


def happened(key: object, old: Mapping[Any, object], new: Mapping[Any, object]) -> str:
    return "is new" if key not in old else "is gone" if key not in new else "changed"


def members(before: tuple[Any, ...], after: tuple[Any, ...]) -> Iterator[str]:
    """What is in one only; of pairs the names alone, for their values can be confidential."""
    if all(map(_is_pair, (*before, *after))):
        yield from _names(dict(before), dict(after))
        return
    if all(isinstance(item, str) for item in (*before, *after)):
        yield from (f"+ {item}" for item in after if item not in before)
        yield from (f"- {item}" for item in before if item not in after)


def _names(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*after, *before)):
        if before.get(name) != after.get(name):
            mark = "+ " if name not in before else "- " if name not in after else ""
            yield f"{mark}{name}" if mark else f"{name} has another value"


def _parts(before: Any, after: Any) -> Iterator[str]:
    for field in fields(before):
        was, now = getattr(before, field.name), getattr(after, field.name)
        if was != now:
            yield setting(field.name, was, now).replace(": ", " ", 1)


def _is_node(value: object) -> bool:
    return is_dataclass(value) and not isinstance(value, type)


def _is_spelt(node: object) -> bool:
    """Whether the node says itself how a person writes it."""
    return type(node).__str__ is not object.__str__


def _is_pair(item: object) -> bool:
    return is_tuple(item) and len(item) == 2 and isinstance(item[0], str)  # noqa: PLR2004
