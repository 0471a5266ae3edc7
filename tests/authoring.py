"""Pipelines written into files of their own, as an author would."""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING

from flowc.driver import load_pipeline, trace
from flowc.ir.text import to_text

if TYPE_CHECKING:
    from pathlib import Path

    from flowc import ir
    from flowc.authoring import Pipeline

HEADER = """\
from typing import Annotated, Literal, Optional
from flowc import RetryConfig, pipeline, step
"""

_numbers = itertools.count()


def write(folder: Path, source: str, *, name: str = "") -> Path:
    """A file with the usual imports above ``source``, which starts in line 3."""
    file = folder / (name or f"written_{next(_numbers)}.py")
    file.write_text(HEADER + textwrap.dedent(source).lstrip("\n"), encoding="utf-8")
    return file


def load(folder: Path, source: str, *, wanted: str = "") -> Pipeline:
    file = write(folder, source)
    return load_pipeline(f"{file}:{wanted}" if wanted else str(file))


def traced(folder: Path, source: str, *, wanted: str = "", **parameters: str) -> ir.Pipeline:
    return trace(load(folder, source, wanted=wanted), parameters)


def text(folder: Path, source: str, *, wanted: str = "", **parameters: str) -> list[str]:
    """The lines of the IR's text form, without places."""
    lines = to_text(traced(folder, source, wanted=wanted, **parameters)).splitlines()
    return [line.partition("  # ")[0].strip().replace(_module(line), "") for line in lines]


def _module(line: str) -> str:
    start = line.find("written_")
    return line[start : line.index(".", start) + 1] if start >= 0 else "\0"
