"""The live table of a run on a terminal: what runs and what failed, refreshed as it is told.

No thread refreshes it, so it shows since when a step runs, not for how long.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from flowc.cli import console
from flowc.cli.progress import bar, count

if TYPE_CHECKING:
    from typing import Literal

REFRESH = 0.08
"""Seconds between two refreshes; a thousand quick steps are not drawn a thousand times."""

MARGIN = 4
"""Lines of the terminal that the table leaves free."""

FEW = 24
"""Rows shown even when the terminal's height is not known."""

IMPORTANT = ("running", "failed", "lost", "cancelled")


class _Row:
    __slots__ = ("detail", "seconds", "since", "status")

    def __init__(self) -> None:
        self.status = "pending"
        self.seconds: float | None = None
        self.since = ""
        self.detail = ""


class LiveProgress:
    def __init__(self, terminal: Console | None = None) -> None:
        self.run = ""
        self._console = terminal or Console(stderr=True, highlight=False, markup=False)
        self._ascii = not console.has_unicode(self._console.file)
        self._rows: dict[str, _Row] = {}
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False
        )
        self._drawn = 0.0

    def close(self) -> None:
        """Replace the live table by its last state."""
        self._live.stop()
        if self.run:
            self._console.print(self._table(list(self._rows)) if self._fits() else self._counts())

    def run_started(self, run: str, steps: list[str]) -> None:
        self.run = run
        self._rows = {step: _Row() for step in steps}
        self._print(Text(f"run {console.escape(run)}  {count(len(steps), 'step')}"))
        self._live.start()
        self._draw(now=True)

    def step_started(self, step: str) -> None:
        row = self._row(step)
        row.status = "running"
        row.since = time.strftime("since %H:%M:%S")
        self._draw()

    def step_log(self, step: str, line: str) -> None:
        text = Text(f"{console.escape(step)} {bar(unicode=not self._ascii)} ", style="dim")
        self._print(text.append(console.log_line(line), style="not dim"))

    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None:
        row = self._row(step)
        row.status, row.seconds, row.detail = status, seconds, console.escape(detail)
        self._draw()

    def note(self, text: str) -> None:
        self._print(Text(console.escape(text, keep_newlines=True), style="dim"))

    def _row(self, step: str) -> _Row:
        return self._rows.setdefault(step, _Row())

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)

    def _draw(self, *, now: bool = False) -> None:
        moment = time.monotonic()
        if self._live.is_started and (now or moment - self._drawn > REFRESH):
            self._drawn = moment
            self._live.update(Group(self._table(self._chosen()), self._counts()), refresh=True)

    def _fits(self) -> bool:
        return len(self._rows) <= self._room()

    def _room(self) -> int:
        return max(1, min(FEW, self._console.height - MARGIN))

    def _chosen(self) -> list[str]:
        """The steps to show when not all fit: what runs or went wrong, then what ended last."""
        if self._fits():
            return list(self._rows)
        order = {step: number for number, step in enumerate(self._rows)}
        urgent = [step for step, row in self._rows.items() if row.status in IMPORTANT]
        ended = [
            step
            for step, row in self._rows.items()
            if row.status not in IMPORTANT and row.status != "pending"
        ]
        room = self._room()
        chosen = urgent[-room:]
        chosen += ended[-max(0, room - len(chosen)) :] if len(chosen) < room else []
        return sorted(chosen, key=order.__getitem__)

    def _table(self, steps: list[str]) -> Table:
        ellipsis: Literal["crop", "ellipsis"] = "crop" if self._ascii else "ellipsis"
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, overflow=ellipsis, ratio=None)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, overflow=ellipsis)
        for step in steps:
            row = self._rows[step]
            style = console.STATUS_COLOURS.get(row.status, "")
            spent = row.since if row.status == "running" else console.seconds(row.seconds)
            table.add_row(
                Text(console.escape(step)), Text(row.status, style=style), Text(spent), row.detail
            )
        return table

    def _counts(self) -> Text:
        counts: dict[str, int] = {}
        for row in self._rows.values():
            counts[row.status] = counts.get(row.status, 0) + 1
        return Text(", ".join(f"{number} {status}" for status, number in counts.items()))
