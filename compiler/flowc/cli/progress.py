"""What people see while a pipeline runs: a live table on a terminal, plain lines elsewhere.

Both are told by the driver, in its own thread; neither starts one.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flowc.cli import console

if TYPE_CHECKING:
    from typing import Protocol

    from flowc.registry import Reporter

    class Progress(Reporter, Protocol):
        """A reporter; ``run`` is the run's id once it has started.

        ``close`` leaves the terminal as it was found.
        """

        run: str

        def close(self) -> None: ...


def open_progress() -> Progress:
    if console.is_terminal(sys.stderr):
        from flowc.cli.live import LiveProgress

        return LiveProgress()
    return PlainProgress()


def open_plain() -> Progress:
    """For what takes a while but has no steps of its own: notes, one a line."""
    return PlainProgress()


class PlainProgress:
    """One line for each thing that happens."""

    def __init__(self) -> None:
        self.run = ""
        self._bar = bar(unicode=console.has_unicode(sys.stderr))

    def close(self) -> None: ...

    def run_started(self, run: str, steps: list[str]) -> None:
        self.run = run
        console.say(f"run {console.escape(run)}  {count(len(steps), 'step')}")

    def step_started(self, step: str) -> None:
        console.say(f"step {console.escape(step)}  running")

    def step_log(self, step: str, line: str) -> None:
        console.say(f"{console.escape(step)} {self._bar} {console.log_line(line)}")

    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None:
        spent = console.seconds(took(status, seconds))
        parts = (f"step {console.escape(step)}", status, spent, console.escape(detail))
        console.say("  ".join(part for part in parts if part))

    def note(self, text: str) -> None:
        console.say(console.escape(text, keep_newlines=True))


def took(status: str, seconds: float) -> float | None:
    """How long a step took, if it did anything."""
    return None if status == "skipped" else seconds


def bar(*, unicode: bool) -> str:
    """What stands between a step's id and a line of its log."""
    return "│" if unicode else "|"


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
