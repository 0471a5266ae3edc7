"""The cases: found in their folders, and copied to where a run may edit them."""

from __future__ import annotations

import importlib
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.conformance.expectation import Case, Edit

FOLDER = Path(__file__).parent / "cases"
ANSWERS = "answers.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A case with its name, which is its pipeline's too, and the place of its source."""

    name: str
    group: str
    path: Path
    case: Case

    @property
    def source(self) -> str:
        """The file of the pipeline, relative to where the case lies."""
        return self.path.name if self.path.is_file() else f"{self.path.name}/pipeline.py"


def modules(group: Path) -> list[Path]:
    """The cases of a folder: files, and packages with a file `pipeline.py`."""
    found = [path for path in group.glob("*.py") if path.name != ANSWERS]
    found += [path.parent for path in group.glob("*/pipeline.py")]
    return sorted(found)


def groups() -> list[Path]:
    return sorted(file.parent for file in FOLDER.glob(f"*/{ANSWERS}"))


def answers(group: Path) -> Mapping[str, Case]:
    module = importlib.import_module(f"tests.conformance.cases.{group.name}.answers")
    found: Mapping[str, Case] = module.ANSWERS
    return found


@cache
def entries() -> tuple[Entry, ...]:
    """Every case that has an answer, in the order of the answers."""
    found: list[Entry] = []
    for group in groups():
        paths = {path.stem: path for path in modules(group)}
        for name, case in answers(group).items():
            found.append(Entry(name=name, group=group.name, path=paths[name], case=case))
    return tuple(found)


def place(entry: Entry, folder: Path, edits: Iterable[Edit] = ()) -> Path:
    """Copy a case into ``folder``, edit it there, and return the pipeline's file."""
    folder.mkdir(parents=True)
    target = folder / entry.path.name
    if entry.path.is_dir():
        shutil.copytree(entry.path, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(entry.path, target)
    for edit in edits:
        _edit(target / edit.file if target.is_dir() else target, edit)
    return folder / entry.source


def _edit(file: Path, edit: Edit) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(edit.old) == 1, f"{edit.old!r} is in {file} {text.count(edit.old)} times"
    file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
