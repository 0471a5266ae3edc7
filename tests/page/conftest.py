"""Snippets as an author writes them: a module of its own, a store of its own."""

from __future__ import annotations

import importlib
import itertools
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from flowc import Client
from tests.authoring import write

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.client.document import RunDocument

_numbers = itertools.count()


class Page:
    """Imports snippets and reads what their runs left behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.diary = folder / "diary.txt"

    def load(self, source: str) -> Any:
        """The snippet's module, with `note(word)` to tell that something happened here."""
        name = f"page_{os.getpid()}_{next(_numbers)}"
        note = (
            f"def note(word):\n    with open({str(self.diary)!r}, 'a') as f: f.write(word + ' ')"
        )
        write(self.folder, f"{note}\n{source}", name=f"{name}.py")
        importlib.invalidate_caches()
        return importlib.import_module(name)

    def noted(self) -> list[str]:
        """What was noted since the last time."""
        words = self.diary.read_text(encoding="utf-8").split() if self.diary.exists() else []
        self.diary.unlink(missing_ok=True)
        return words

    def newest(self) -> RunDocument:
        client = Client()
        return client.run(client.runs(unlisted=True)[0]["run_id"])

    def logs(self) -> dict[str, str]:
        return Client().logs(self.newest()["run_id"])

    def statuses(self) -> dict[str, str]:
        return {step["id"]: step["status"] for step in self.newest()["steps"]}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setenv("FLOWC_STORE", f"file:{tmp_path}/store")
    monkeypatch.delenv("FLOWC_RUN_SINGLE_STEPS_WITHOUT_STACK", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.chdir(tmp_path)
    return Page(tmp_path)
