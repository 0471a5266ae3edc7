"""The edit matrix: which edits are hits and which are misses, and what a miss is put down to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.code.edits import FILES, HITS, MISSES, Case, Edit
from tests.code.projects import codes, edited

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    return _digests(tmp_path_factory.mktemp("before"), [])


@pytest.mark.parametrize("case", [*HITS, *MISSES], ids=lambda case: case.title)
def test_edit(case: Case, before: dict[str, dict[str, str]], tmp_path: Path) -> None:
    after = _digests(tmp_path, case.edits)
    changed = {step for step in "ab" if before[step]["digest"] != after[step]["digest"]}
    assert changed == set(case.changed)
    for step in changed:
        parts = {*before[step].items()} ^ {*after[step].items()}
        assert case.cause in {name.partition(" ")[2] for name, _ in parts}


def _digests(folder: Path, edits: list[Edit]) -> dict[str, dict[str, str]]:
    found = codes(folder, edited(FILES, *edits))
    assert all(code.uncacheable == "" for code in found.values())
    return {
        step: {
            "digest": code.digest,
            **{f"{part.kind} {part.name}": part.digest for part in code.parts},
        }
        for step, code in found.items()
    }
