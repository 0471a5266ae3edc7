"""An edit that changes what a step returns is a miss, or the step is not safe to cache."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from tests.code.changes.arguments import ARGUMENTS, READS, change
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


ALL = {**ARGUMENTS, **CLASSES, **IMPORTS, **KEEPERS, **NAMES, **PATCHES, **VALUES}


@pytest.mark.parametrize("each", ALL.values(), ids=ALL)
def test_what_leads_to_a_function_leads_to_its_edit(each: Change, tmp_path: Path) -> None:
    check(each, tmp_path)


@pytest.mark.parametrize("each", READING.values(), ids=READING)
def test_what_is_read_on_import_counts(each: Change, tmp_path: Path) -> None:
    check(each, tmp_path)


@pytest.mark.parametrize("patching", READS.values(), ids=READS)
def test_what_only_reads_its_arguments_changes_nothing(patching: str, tmp_path: Path) -> None:
    each = change("sum(target.T)", patching)
    before, returned = outcome(each, tmp_path)
    after, same = outcome(each, tmp_path, each.edit)
    assert same == returned
    assert after.digest == before.digest, "a miss beside"


def check(each: Change, folder: Path) -> None:
    before, returned = outcome(each, folder)
    after, other = outcome(each, folder, each.edit)
    assert returned != other, "the edit changes nothing"
    assert before.uncacheable or before.digest != after.digest, "a stale hit"
    if each.beside is not None and not before.uncacheable:
        beside, same = outcome(each, folder, each.beside)
        assert same == returned, "the edit beside changes something"
        assert beside.digest == before.digest, "a miss beside"


def outcome(each: Change, folder: Path, *edits: Edit) -> tuple[Code, Any]:
    """What the code of the step is made of, and what it returns."""
    files = edited({**project(each.main), **each.files}, *edits)
    with opened(folder / "project", files) as (main, found):
        return found["a"], main.a.entrypoint()
