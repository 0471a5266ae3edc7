"""What people see while a pipeline runs. The terminal is a small one of our own."""

from __future__ import annotations

import io
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from flowc.cli.live import LiveProgress
from flowc.cli.progress import PlainProgress, open_progress

if TYPE_CHECKING:
    from flowc.registry import Reporter


class Terminal(io.StringIO):
    """Keeps the lines that a terminal would show."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    @property
    def screen(self) -> list[str]:
        lines: list[str] = [""]
        row = 0
        for piece in re.findall(
            r"\x1b\[\d*[A-Za-z]|\x1b\[[\d;]*m|\n|\r|[^\x1b\r\n]+", self.getvalue()
        ):
            if piece.endswith("A") and piece.startswith("\x1b["):
                row -= int(piece[2:-1])
            elif piece == "\x1b[J":
                lines[row:] = [""]
            elif piece == "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif not piece.startswith("\x1b") and piece != "\r":
                lines[row] = piece
        return [line.rstrip() for line in lines if line]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "24")
    return Terminal()


def drive(reporter: Reporter) -> None:
    reporter.run_started("p-\x1b1", ["load", "train"])
    reporter.step_started("load")
    reporter.step_log("load", "10%\r\x1b[31m100%\x1b[0m \x07\n")
    reporter.step_finished("load", "completed", 0.42, "")
    reporter.step_started("train")
    reporter.note("a note\x07")
    reporter.step_finished("train", "failed", 75.0, "ValueError: bad\nshape")


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    drive(PlainProgress())
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "run p-\\x1b1  2 steps",
        "step load  running",
        "load │ 100% \\x07",
        "step load  completed  0.4 s",
        "step train  running",
        "a note\\x07",
        "step train  failed  1 min 15 s  ValueError: bad\\nshape",
    ]


def test_the_live_table_stays_below_what_scrolls_by(terminal: Terminal) -> None:
    progress = LiveProgress(terminal)
    drive(progress)
    scrolled = ["run p-\\x1b1  2 steps", "load │ 100% \\x07", "a note\\x07"]
    table = [
        "load   completed  0.4 s",
        "train  failed     1 min 15 s  ValueError: bad\\nshape",
    ]
    assert terminal.screen == [*scrolled, *table, "1 completed, 1 failed"]
    progress.close()
    progress.close()
    assert terminal.screen == [*scrolled, *table]


def test_a_started_step_is_shown_at_once(terminal: Terminal) -> None:
    progress = LiveProgress(terminal)
    progress.run_started("r", ["one", "two"])
    progress.step_started("one")
    assert re.fullmatch(r"one  running    since \d\d:\d\d:\d\d", terminal.screen[1])


def test_a_long_run_shows_what_runs_and_what_failed(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINES", "8")
    progress = LiveProgress(terminal)
    progress.run_started("r", [f"s{number}" for number in range(100)])
    for number in range(50):
        progress.step_finished(f"s{number}", "failed" if number % 10 == 0 else "cached", 0.1, "")
    progress.step_started("s50")
    shown = [line.split()[0] for line in terminal.screen[1:-1]]
    assert shown == ["s10", "s20", "s30", "s40", "s50"]
    assert terminal.screen[-1] == "49 pending, 5 failed, 45 cached, 1 running"
    progress.close()
    assert terminal.screen == ["run r  100 steps"]


@pytest.mark.parametrize("columns", ["10", "20", "40"])
def test_no_line_of_the_table_wraps(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    progress = LiveProgress(terminal)
    progress.run_started("r", ["some_long_name_of_a_step", "日本語"])
    progress.step_finished("日本語", "failed", 1.0, "日本語" * 20)
    progress.close()
    assert all(len(line) < int(columns) for line in terminal.screen[1:])


def test_a_terminal_without_unicode_gets_ascii(terminal: Terminal) -> None:
    terminal.encoding = "ascii"
    progress = LiveProgress(terminal)
    progress.run_started("r", ["one"])
    progress.step_log("one", "text")
    progress.step_finished("one", "failed", 1.0, "é" * 100)
    assert terminal.screen[1] == "one | text"
    assert terminal.screen[2].isascii()
    assert terminal.screen[2].endswith("...")


@pytest.mark.parametrize(
    ("term", "kind"), [("xterm", LiveProgress), ("dumb", PlainProgress), ("", PlainProgress)]
)
def test_only_a_real_terminal_gets_the_live_table(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, term: str, kind: type
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr("sys.stderr", terminal)
    assert type(open_progress()) is kind
    assert shutil.get_terminal_size().columns == int(os.environ["COLUMNS"])
