from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.stack.receivers import Mailbox, Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as receiver:
        yield receiver


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as receiver:
        yield receiver


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder; modules that were imported from it are forgotten."""
    for name in [*os.environ]:
        if name.startswith("FLOWC_") or name.lower() in {"http_proxy", "all_proxy"}:
            monkeypatch.delenv(name)
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    path, modules = [*sys.path], {*sys.modules}
    yield folder
    sys.path[:] = path
    for name in {*sys.modules} - modules:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
            del sys.modules[name]
