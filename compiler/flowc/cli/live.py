"""The live table of a run on a terminal: redrawn in place whenever the driver tells something.

No thread and no timer redraws it, so it shows since when a step runs, not for how long. A redraw
is one small write of lines that are cut to the terminal's width, and costs 0.05 ms.
"""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

from flowc.cli import console
from flowc.cli.progress import bar, count, took

if TYPE_CHECKING:
    from typing import TextIO

MARGIN = 3
"""Lines of the terminal that the table leaves free."""

MOST_ROWS = 20
"""Rows of the table even on a high terminal."""

WIDEST_ID = 40
"""Columns given to invocation ids."""

URGENT = frozenset({"running", "failed", "lost", "cancelled"})

ERASE_LINE, ERASE_BELOW = "\x1b[K", "\x1b[J"


class _Row:
    __slots__ = ("detail", "spent", "status", "step")

    def __init__(self, step: str) -> None:
        self.step = step
        self.status = "pending"
        self.spent = ""
        self.detail = ""


class LiveProgress:
    """Log lines and notes scroll by above the table."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.run = ""
        self._stream = stream or sys.stderr
        self._unicode = console.has_unicode(self._stream)
        self._rows: dict[str, _Row] = {}
        self._urgent: dict[str, _Row] = {}
        self._counts: dict[str, int] = {}
        self._drawn = 0
        self._closed = False

    def close(self) -> None:
        """Leave the whole table where it fits, and nothing of it where it does not."""
        if not self._closed:
            self._closed = True
            self._write([], self._table() if len(self._rows) <= self._room() else [])

    def run_started(self, run: str, steps: list[str]) -> None:
        self.run = run
        self._rows = {step: _Row(self._text(step)) for step in steps}
        self._counts = {"pending": len(steps)}
        self._draw(f"run {console.escape(run)}  {count(len(steps), 'step')}")

    def step_started(self, step: str) -> None:
        self._set(step, "running").spent = time.strftime("since %H:%M:%S")
        self._draw()

    def step_log(self, step: str, line: str) -> None:
        head = f"{console.escape(step)} {bar(unicode=self._unicode)}"
        self._draw(f"{console.paint(head, 'dim', self._stream)} {console.log_line(line)}")

    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None:
        row = self._set(step, status)
        row.spent = console.seconds(took(status, seconds))
        row.detail = self._text(detail)
        self._draw()

    def note(self, text: str) -> None:
        self._draw(*console.escape(text, keep_newlines=True).split("\n"))

    def _set(self, step: str, status: str) -> _Row:
        row = self._rows.get(step)
        if row is None:
            row = self._rows[step] = _Row(self._text(step))
        else:
            self._counts[row.status] -= 1
        self._counts[status] = self._counts.get(status, 0) + 1
        row.status = status
        self._urgent.pop(step, None)
        if status in URGENT:
            self._urgent[step] = row
        return row

    def _text(self, text: str) -> str:
        return console.showable(text, self._stream)

    def _draw(self, *above: str) -> None:
        self._write(above, [*self._table(), self._totals()] if self._rows else [])

    def _write(self, above: tuple[str, ...] | list[str], table: list[str]) -> None:
        """Replace what was drawn last, in one write so that nothing flickers."""
        back = f"\x1b[{self._drawn}A" if self._drawn else ""
        lines = "".join(f"{line}{ERASE_LINE}\n" for line in (*above, *table))
        self._drawn = len(table)
        console.tell(f"{back}\r{lines}{ERASE_BELOW}", self._stream)

    def _room(self) -> int:
        return max(1, min(MOST_ROWS, shutil.get_terminal_size().lines - MARGIN))

    def _table(self) -> list[str]:
        rows = self._chosen()
        columns = shutil.get_terminal_size().columns - 1
        ids = min(WIDEST_ID, max((console.cells(row.step) for row in rows), default=0))
        # At least as wide as the usual words, so that columns do not jump.
        statuses = max([len("completed"), *(len(row.status) for row in rows)])
        spent = max((len(row.spent) for row in rows), default=0)
        return [self._line(row, (ids, statuses, spent), columns) for row in rows]

    def _line(self, row: _Row, widths: tuple[int, int, int], columns: int) -> str:
        ids, statuses, spent = widths
        ellipsis = "…" if self._unicode else "..."
        step = console.shorten(row.step, ids, ellipsis=ellipsis)
        step += " " * (ids - console.cells(step))
        plain = f"{step}  {row.status:<{statuses}}  {row.spent:<{spent}}  {row.detail}".rstrip()
        cut = console.shorten(plain, columns, ellipsis=ellipsis)
        head = f"{step}  {row.status}"
        if not cut.startswith(head):
            return cut
        status = console.paint_status(row.status, self._stream)
        return f"{step}  {status}{cut[len(head) :]}"

    def _totals(self) -> str:
        shown = ", ".join(
            f"{number} {status}" for status, number in self._counts.items() if number
        )
        return console.shorten(shown, shutil.get_terminal_size().columns - 1)

    def _chosen(self) -> list[_Row]:
        """All rows if they fit; else what runs and what went wrong last."""
        room = self._room()
        if len(self._rows) <= room:
            return [*self._rows.values()]
        urgent = [*self._urgent.values()]
        running = [row for row in urgent if row.status == "running"][:room]
        bad = [row for row in urgent if row.status != "running"]
        return [*bad[len(bad) - min(len(bad), room - len(running)) :], *running]
