"""What differs between two versions of a step's code, from the parts that its digest is made of.

A part is ``[kind, name, place, digest]``: ``["function", "lib.shift", "lib.py:12", "3f…"]``.
"""

from __future__ import annotations

from flowc.narrowing import is_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc_runtime.contract import Json

    Part = tuple[str, str, str, str]

    # A part, what became of it, and a sentence.
    Change = tuple[Part, str, str]

CHANGED, NEW, GONE, MOVED = "changed", "is new", "is no longer used", "moved"

CALLED = {
    "function": "helper `{name}` in `{place}`",
    "class": "class `{name}` in `{place}`",
    "constant": "constant `{name}` in `{place}`",
    "statement": "statement `{name}` in `{place}`, which runs on import,",
    "block": "block `{name}` in `{place}`",
    "value": "value of `{name}` in `{place}`",
    "import": "what `{name}` in `{place}` stands for",
    "docstring": "docstring of `{name}` in `{place}`",
    "text": "text of `{name}` in `{place}`",
    "order": "order of statements in `{file}`",
    "future": "`from __future__` in `{place}`",
}

QUIET = frozenset({"value", "import", "docstring", "text", "order", "future"})
"""Kinds that mostly change along with another part, which says more."""


def code_changes(before: Json, after: Json, function: str) -> list[Change]:
    """``function`` is the name of the step's own function.

    Empty when the parts of a side are not known, and when they are equal.
    """
    old, new = _read(before), _read(after)
    if not old or not new:
        return []
    fresh = [new[key] for key in new if key not in old]
    gone = [old[key] for key in old if key not in new]
    found: list[Change] = []
    for key, part in new.items():
        if key in old and old[key][3] != part[3]:
            found.append((part, CHANGED, f"{_call(part, function)} changed"))
    for part in fresh:
        source = _take_same(part, gone)
        if source is None:
            found.append((part, NEW, f"{_call(part, function)} is new"))
        else:
            text = f"{_call(part, function)} moved there from `{source[2]}`"
            found.append((part, MOVED, text))
    found += [(part, GONE, f"{_call(part, function)} is no longer used") for part in gone]
    return _telling(found)


def _read(parts: Json) -> dict[tuple[str, str], Part]:
    """By kind and name; what a damaged record holds instead is left out."""
    found = map(_part, parts if is_list(parts) else ())
    return {(part[0], part[1]): part for part in found if part is not None}


def _part(row: Json) -> Part | None:
    if not is_list(row) or [*map(type, row)] != [str] * 4:
        return None
    return row[0], row[1], row[2], row[3]


def label(part: Part) -> str:
    """The name that the author gave it, without its module."""
    return part[1].rpartition(".")[2].partition("#")[0]


def _call(part: Part, function: str) -> str:
    kind, _, place, _ = part
    if kind == "function" and label(part) == function:
        return f"function `{function}` in `{place}`"
    text = CALLED.get(kind, f"{kind} `{{name}}` in `{{place}}`")
    return text.format(name=label(part), place=place, file=place.rpartition(":")[0])


def _take_same(part: Part, gone: list[Part]) -> Part | None:
    """The same definition in another module, which then is not gone."""
    for other in gone:
        if (other[0], label(other), other[3]) == (part[0], label(part), part[3]):
            gone.remove(other)
            return other
    return None


def _telling(found: list[Change]) -> list[Change]:
    """Without what only follows from another change in the list."""
    loud = {part[1].partition("#")[0] for part, _, _ in found if part[0] not in QUIET}
    if not loud:
        return found
    return [
        (part, what, text)
        for part, what, text in found
        if part[0] not in QUIET or (what == CHANGED and not _follows(part, loud))
    ]


def _follows(part: Part, loud: set[str]) -> bool:
    """An order of statements has its module's name; others have that of what they belong to."""
    kind, name, _, _ = part
    if kind == "order":
        return any(other.rpartition(".")[0] == name for other in loud)
    return name.partition("#")[0] in loud
