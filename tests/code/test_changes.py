"""An edit that changes what a step returns is a miss, or the step is not safe to cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.code.changes import HELD, OPEN, READS, Change
from tests.code.projects import edited, opened
from tests.code.test_reach import project

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.mark import ParameterSet

    from flowc.passes.code import Code
    from tests.code.edits import Edit


def each(table: dict[str, Change]) -> list[ParameterSet]:
    gap = pytest.mark.xfail(reason="the key does not follow it", strict=True)
    return [
        pytest.param(change, id=title, marks=[gap] if title in OPEN else [])
        for title, change in table.items()
    ]


@pytest.mark.parametrize("change", each(HELD))
def test_what_leads_to_a_function_leads_to_its_edit(change: Change, tmp_path: Path) -> None:
    check(change, tmp_path)


@pytest.mark.parametrize("change", each(READS))
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
