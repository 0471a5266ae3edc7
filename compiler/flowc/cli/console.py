"""Writing to people's terminals: what they can show, and nothing that could corrupt them."""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO, TextIO

COLOURS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}

STATUS_COLOURS = {
    "completed": "green", "cached": "green", "ok": "green", "native": "green",
    "running": "cyan", "emulated": "yellow", "missing": "yellow",
    "damaged": "red", "failed": "red", "lost": "red", "problem": "red", "error": "red",
    "hit": "green", "miss": "yellow", "unknown": "cyan",
    "skipped": "yellow", "cancelled": "yellow", "pending": "dim",
}  # fmt: skip
"""How a status word looks, wherever it is printed."""

_SGR = re.compile(r"\x1b\[[0-9;:]*m")

# C0 and C1 controls, characters that reorder what is shown, line separators, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)

NARROWEST = 4
"""A column is not made narrower than this, even if the table then exceeds the terminal."""


def escape(text: str, *, keep_newlines: bool = False) -> str:
    """``text`` with colours taken out and every other control character made visible."""
    plain = _SGR.sub("", text)
    if keep_newlines:
        return "\n".join(escape(line) for line in plain.split("\n"))
    return _UNSAFE.sub(_visible, plain)


def _visible(match: re.Match[str]) -> str:
    char = match.group()
    return {"\n": "\\n", "\r": "\\r"}.get(char) or (
        f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"  # noqa: PLR2004
    )


def log_line(text: str) -> str:
    """A line of a log as a terminal would leave it: a progress bar's last state, escaped."""
    return escape(text.rstrip("\r\n").rpartition("\r")[2])


def showable(text: str, stream: IO[str]) -> str:
    """``text`` escaped, and what the stream cannot encode spelt out: then it can be measured."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    return escape(text).encode(encoding, "backslashreplace").decode(encoding)


def is_terminal(stream: IO[str]) -> bool:
    """Whether colours and moves of the cursor work."""
    if not stream.isatty():
        return False
    known = os.environ.get("TERM", "") not in {"", "dumb"}
    return known or bool(os.environ.get("WT_SESSION"))


def has_colour(stream: IO[str]) -> bool:
    """https://no-color.org: NO_COLOR counts when it is set and not empty."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def has_unicode(stream: IO[str]) -> bool:
    try:
        "│…✓".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def prepare_streams() -> None:
    """Let no stream fail on a character that it cannot encode, or because it was closed."""
    import io

    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # as after `2>&-`; the lowest number that is free is the next one's
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - pathlib costs 10 ms


def paint(text: str, colour: str, stream: IO[str]) -> str:
    if not colour or not has_colour(stream):
        return text
    return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m"


def paint_status(status: str, stream: IO[str]) -> str:
    return paint(status, STATUS_COLOURS.get(status.strip(), ""), stream)


def say(text: str = "") -> None:
    """A line for people while standard output is kept for data."""
    tell(f"{text}\n", sys.stderr)


def tell(text: str, stream: IO[str]) -> None:
    """Write to people now. Where nobody listens any more, what was asked for goes on unheard."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def out(text: str = "") -> None:
    """A line of what was asked for."""
    print(text)  # noqa: T201 - this is the command line


def print_json(document: object) -> None:
    import json

    out(json.dumps(document, indent=2).replace("\x7f", "\\u007f"))


def print_error(text: str) -> None:
    say(f"{paint('error:', 'red', sys.stderr)} {escape(text, keep_newlines=True)}")


def seconds(value: float | None) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 05 min``; empty when not known."""
    if value is None:
        return ""
    if value < 10:  # noqa: PLR2004
        return f"{value:.1f} s"
    if value < 60:  # noqa: PLR2004
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(value: int) -> str:
    amount = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:  # noqa: PLR2004
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def cells(text: str) -> int:
    """Columns that ``text`` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_cell_width(char) for char in text)


def _cell_width(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shorten(text: str, width: int, *, ellipsis: str = "…") -> str:
    """``text`` in at most ``width`` columns."""
    if cells(text) <= width:
        return text
    room = max(0, width - len(ellipsis))
    kept = ""
    for char in text:
        if cells(kept) + _cell_width(char) > room:
            break
        kept += char
    return (kept + ellipsis)[: max(width, len(ellipsis))]


def print_table(rows: Sequence[Sequence[str]], stream: IO[str], *, status: int = -1) -> None:
    """Aligned columns under a heading; ``status`` is the column with a status word.

    On a terminal the widest columns give way until a row fits; a pipe gets everything.
    """
    safe = [[showable(cell, stream) for cell in row] for row in rows]
    widths = [max(cells(row[column]) for row in safe) for column in range(len(safe[0]))]
    if stream.isatty():
        _narrow(widths, shutil.get_terminal_size().columns)
    ellipsis = "…" if has_unicode(stream) else "..."
    for number, row in enumerate(safe):
        texts = [
            shorten(cell, width, ellipsis=ellipsis)
            for cell, width in zip(row, widths, strict=True)
        ]
        padded = [t + " " * (width - cells(t)) for t, width in zip(texts, widths, strict=True)]
        padded[-1] = texts[-1]
        if number == 0:
            padded = [paint(text, "bold", stream) for text in padded]
        elif status >= 0:
            padded[status] = paint_status(padded[status], stream)
        print("  ".join(padded).rstrip(), file=stream)


def _narrow(widths: list[int], columns: int) -> None:
    while sum(widths) + 2 * (len(widths) - 1) > columns and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
