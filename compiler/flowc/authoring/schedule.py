"""Cron expressions, as far as every engine understands them alike."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

FIELDS: tuple[tuple[int, int, Sequence[str]], ...] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 7, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
)
"""Least and greatest number of minute, hour, day of the month, month and day of the week, and
the names of the last two's."""


def is_cron(text: str) -> bool:
    """Whether ``text`` is five fields of numbers, ranges, lists and steps."""
    fields = text.split()
    return len(fields) == len(FIELDS) and all(
        _is_part(part, *known)
        for field, known in zip(fields, FIELDS, strict=True)
        for part in field.split(",")
    )


def _is_part(part: str, least: int, greatest: int, names: Sequence[str]) -> bool:
    span, slash, every = part.partition("/")
    if slash and not (every.isascii() and every.isdigit() and 0 < int(every) <= greatest):
        return False
    if span == "*":
        return True
    first, dash, last = span.partition("-")
    ends = [_number(end, least, names) for end in ([first, last] if dash else [first])]
    return all(least <= end <= greatest for end in ends) and ends == sorted(ends)


def _number(text: str, least: int, names: Sequence[str]) -> int:
    """-1 for what is neither a number nor a name."""
    if text.lower() in names:
        return names.index(text.lower()) + least
    return int(text) if text.isascii() and text.isdigit() else -1
