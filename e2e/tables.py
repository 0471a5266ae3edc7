"""What the targets answered, printed at the end of a test run: a row each, a column a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Answers = Mapping[str, Mapping[str, str]]
    RecordTable = Callable[[str, Answers], None]

WIDTH = 12
"""Digits of a digest that are shown."""


def render(title: str, answers: Answers) -> list[str]:
    """``answers`` are by target, then by row; a row that differs is marked."""
    rows = list(dict.fromkeys(row for answer in answers.values() for row in answer))
    first = max(len(row) for row in [title, *rows])
    lines = ["", f"{title:{first}}  " + "  ".join(f"{name:{WIDTH}}" for name in answers)]
    for row in rows:
        cells = [answer.get(row, "-") for answer in answers.values()]
        shown = "  ".join(f"{cell[:WIDTH]:{WIDTH}}" for cell in cells)
        lines.append(f"{row:{first}}  {shown}" + ("" if len(set(cells)) == 1 else "  <- differs"))
    return lines
