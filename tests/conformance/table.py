"""The table of features, cell by cell, and what would fail if a cell told a lie.

The cells are the backends' own. What backs one is a conformance case that says what it ``shows``,
a test with the mark ``shows``, or, for all that is refused, `test_refusals`.

    @pytest.mark.shows("schedule", "max_active_runs", on=["airflow", "prefect"])
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc.driver.executors import choose_executor
from flowc.registry import FEATURES, ExecutorBackend, backend_names, find_backend
from tests.conformance.catalogue import entries
from tests.conformance.expectation import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from flowc.registry import Executor, Support
    from tests.conformance.catalogue import Entry

CHECKOUT = Path(__file__).parents[2]
FOLDERS = ("tests", "e2e")
EXECUTOR = "_executor"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """``column`` is a target, with an executor other than its first one as ``airflow:process``."""

    column: str
    feature: str

    @property
    def target(self) -> str:
        return self.column.partition(":")[0]

    @property
    def executor(self) -> Executor | None:
        found: Any = self.column.partition(":")[2]
        return found or None


@cache
def cells() -> dict[Cell, Support]:
    """What each target, and each of its executors, makes of each feature."""
    found: dict[Cell, Support] = {}
    for target in backend_names():
        backend = find_backend(target)
        executors = list(backend.executors) if isinstance(backend, ExecutorBackend) else []
        found |= _column(target, choose_executor(backend).supports)
        for executor in executors[1:]:
            supports = choose_executor(backend, executor).supports
            found |= {
                cell: support
                for cell, support in _column(f"{target}:{executor}", supports).items()
                # That a target has another executor too is said in its own column.
                if cell.feature == f"{executor}{EXECUTOR}" or EXECUTOR not in cell.feature
            }
    return found


def _column(column: str, supports: Any) -> dict[Cell, Support]:
    return {Cell(column, feature): supports.get(feature, "error") for feature in FEATURES}


def columns() -> list[str]:
    return list(dict.fromkeys(cell.column for cell in cells()))


def shown_by(entry: Entry) -> Iterator[Cell]:
    """The cells that a case stands for: on engines of which both series are tried, both count."""
    case = entry.case
    silent = {target.rstrip("23") for target in (*case.refused, *case.not_run)}
    for column in dict.fromkeys(target.rstrip("23") for target in TARGETS):
        if column not in silent:
            yield from (Cell(column, feature) for feature in case.shows)


@dataclass(frozen=True, slots=True)
class MarkedTest:
    """A test and the cells that it says it stands for."""

    module: ModuleType
    name: str
    claims: tuple[Cell, ...]
    marks: frozenset[str]

    @property
    def id(self) -> str:
        return f"{self.module.__name__}.{self.name}"


@cache
def marked_tests() -> tuple[MarkedTest, ...]:
    """As pytest would find them: functions called ``test_`` of files called ``test_``."""
    found: list[MarkedTest] = []
    for file in sorted(file for top in FOLDERS for file in (CHECKOUT / top).rglob("test_*.py")):
        if "@pytest.mark.shows(" not in file.read_text(encoding="utf-8"):
            continue
        name = ".".join(file.relative_to(CHECKOUT).with_suffix("").parts)
        module = importlib.import_module(name)
        found += _marked_in(module)
    return tuple(found)


def _marked_in(module: ModuleType) -> Iterator[MarkedTest]:
    for name, function in vars(module).items():
        marks: list[Any] = list(getattr(function, "pytestmark", ()))
        shows = [mark for mark in marks if mark.name == "shows"]
        if shows and function.__module__ == module.__name__:
            claims = tuple(
                Cell(column, feature)
                for mark in shows
                for column in mark.kwargs["on"]
                for feature in mark.args
            )
            yield MarkedTest(module, name, claims, frozenset(mark.name for mark in marks))


def backing() -> dict[Cell, list[str]]:
    """By cell, the cases and the tests that stand for it."""
    found: dict[Cell, list[str]] = {cell: [] for cell in cells()}
    for entry in entries():
        for cell in shown_by(entry):
            found.setdefault(cell, []).append(f"the case {entry.name}")
    for test in marked_tests():
        for cell in test.claims:
            found.setdefault(cell, []).append(test.id)
    return found
