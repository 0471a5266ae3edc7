from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from flowc.cli import main
from tests.client.store_builder import StoreBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


class CommandLine:
    """Runs a command in this process, in a folder of its own."""

    def __init__(self, capture: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capture = capture
        self.folder = folder

    def __call__(self, *arguments: str) -> Outcome:
        status = main(arguments)
        out, err = self._capture.readouterr()
        return Outcome(status, out, err)

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


@pytest.fixture
def flowc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[CommandLine]:
    for name in [*os.environ]:
        if name.startswith(("FLOWC_", "PREFECT_")) or name in {"NO_COLOR", "COLUMNS"}:
            monkeypatch.delenv(name)
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    path, modules = [*sys.path], {*sys.modules}
    yield CommandLine(capsys, folder)
    sys.path[:] = path
    for name in {*sys.modules} - modules:
        file: Any = getattr(sys.modules[name], "__file__", None)
        if str(file).startswith(str(folder)):
            del sys.modules[name]


@pytest.fixture
def built(flowc: CommandLine) -> StoreBuilder:
    """The store that a command finds by itself."""
    return StoreBuilder(flowc.folder / ".flowc")
