"""An edit that changes what a step returns is a miss, or the step is not safe to cache."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from tests.code.changes.classes import CLASSES
from tests.code.changes.imports import IMPORTS
from tests.code.changes.keepers import KEEPERS
from tests.code.changes.names import NAMES
from tests.code.changes.patches import PATCHES
from tests.code.changes.reading import READING
from tests.code.changes.values import VALUES
from tests.code.projects import edited, opened
from tests.code.test_reach import project

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.passes.code import Code
    from tests.code.changes import Change
    from tests.code.edits import Edit


@pytest.fixture(autouse=True)
def _unpatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the projects patch is as it was for other tests."""
    monkeypatch.setattr(math, "floor", math.floor)
    monkeypatch.setattr(json.JSONEncoder, "default", json.JSONEncoder.default)


ALL = {**CLASSES, **IMPORTS, **KEEPERS, **NAMES, **PATCHES, **VALUES}


@pytest.mark.parametrize("change", ALL.values(), ids=ALL)
def test_what_leads_to_a_function_leads_to_its_edit(change: Change, tmp_path: Path) -> None:
    check(change, tmp_path)


@pytest.mark.parametrize("change", READING.values(), ids=READING)
def test_what_is_read_on_import_counts(change: Change, tmp_path: Path) -> None:
    check(change, tmp_path)


def check(change: Change, folder: Path) -> None:
    before, returned = outcome(change, folder)
    after, other = outcome(change, folder, change.edit)
    assert returned != other, "the edit changes nothing"
    assert before.uncacheable or before.digest != after.digest, "a stale hit"
    if change.beside is not None and not before.uncacheable:
        beside, same = outcome(change, folder, change.beside)
        assert same == returned, "the edit beside changes something"
        assert beside.digest == before.digest, "a miss beside"


def outcome(change: Change, folder: Path, *edits: Edit) -> tuple[Code, Any]:
    """What the code of the step is made of, and what it returns."""
    files = edited({**project(change.main), **change.files}, *edits)
    with opened(folder / "project", files) as (main, found):
        return found["a"], main.a.entrypoint()
