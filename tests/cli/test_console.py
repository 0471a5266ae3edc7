from __future__ import annotations

import io

import pytest

from flowc.cli import console


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 🎉\t.", "plain ü 🎉\t."),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\nb\rc\x00\x7f\x9b", "a\\nb\\rc\\x00\\x7f\\x9b"),
        ("\u202eabc\u2028", "\\u202eabc\\u2028"),
        ("\udc80", "\\udc80"),
    ],
)
def test_escaping(text: str, shown: str) -> None:
    assert console.escape(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("10%\r50%\r100%\r\n", "100%"), ("\r\n", ""), ("a\x07", "a\\x07")],
)
def test_a_log_line_is_what_a_terminal_would_leave(text: str, shown: str) -> None:
    assert console.log_line(text) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""), (0.04, "0.0 s"), (9.96, "10.0 s"), (12.4, "12 s"), (59.7, "60 s"),
        (200.0, "3 min 20 s"), (7500.0, "2 h 05 min"),
    ],
)  # fmt: skip
def test_seconds(value: float | None, shown: str) -> None:
    assert console.seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB")]
)
def test_size(value: int, shown: str) -> None:
    assert console.size(value) == shown


@pytest.mark.parametrize("width", [4, 6, 7, 20])
def test_shortening_counts_columns(width: int) -> None:
    assert console.cells(console.shorten("日本語 and more text", width)) <= width


class Narrow(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_fits_a_terminal_and_is_whole_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("TERM", "dumb")
    rows = [("run", "status", "why"), ("a" * 30, "failed", "b" * 50)]
    terminal, pipe = Narrow(), io.StringIO()
    console.print_table(rows, terminal, status=1)
    console.print_table(rows, pipe, status=1)
    assert max(map(len, terminal.getvalue().splitlines())) <= 30
    assert "a" * 30 in pipe.getvalue()
    assert "b" * 50 in pipe.getvalue()


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert console.paint_status("failed", Narrow()) == "\x1b[31mfailed\x1b[0m"
    assert console.paint_status("failed", io.StringIO()) == "failed"
    monkeypatch.setenv("NO_COLOR", "1")
    assert console.paint_status("failed", Narrow()) == "failed"
