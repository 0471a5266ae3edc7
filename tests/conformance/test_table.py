"""No cell of the table of features stands for itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flowc import ir
from flowc.driver import load_pipeline, trace
from flowc.passes.features import all_features, used_features
from flowc.registry import FEATURES
from flowc_backends.airflow import AirflowBackend
from tests.conformance import table
from tests.conformance.catalogue import entries, place
from tests.conformance.table import Cell, MarkedTest, cells, columns, marked_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.catalogue import Entry

PIPELINES = table.CHECKOUT / "e2e/pipelines"
SHOWING = [entry for entry in entries() if entry.case.shows]


def bare(column: str) -> list[str]:
    backing = table.backing()
    return [
        cell.feature
        for cell, support in cells().items()
        if cell.column == column and support != "error" and not backing[cell]
    ]


@pytest.mark.parametrize("column", columns())
def test_each_cell_has_something_behind_it(column: str) -> None:
    """What is refused is behind itself: `test_refusals` goes through all of it."""
    assert bare(column) == []


@pytest.fixture
def fresh_cells() -> Iterator[None]:
    cells.cache_clear()
    yield
    cells.cache_clear()


@pytest.mark.usefixtures("fresh_cells")
def test_a_new_cell_is_missed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    supports = {**AirflowBackend.supports, "teleport": "native", "annotations": "native"}
    monkeypatch.setattr(AirflowBackend, "supports", supports)
    monkeypatch.setattr(table, "FEATURES", {**FEATURES, "teleport": "steps elsewhere"})
    assert bare("airflow") == ["annotations", "teleport"]
    assert bare("airflow:kubernetes") == ["teleport"]
    assert bare("prefect") == []


def test_nothing_stands_for_a_cell_that_is_not_there_or_refuses() -> None:
    lies = {
        (cell, who)
        for cell, claims in table.backing().items()
        for who in claims
        if cells().get(cell, "error") == "error"
    }
    assert lies == set()


@pytest.mark.parametrize("entry", SHOWING, ids=lambda entry: entry.name)
def test_a_case_uses_what_it_shows(entry: Entry, tmp_path: Path) -> None:
    source = place(entry, tmp_path / "case")
    pipeline = trace(load_pipeline(f"{source}:{entry.name}"), {})
    assert {*entry.case.shows} <= all_features(pipeline)


@pytest.mark.parametrize("test", marked_tests(), ids=lambda test: test.id)
def test_a_marked_test_is_one_that_runs(test: MarkedTest) -> None:
    assert test.name.startswith("test_")
    assert not test.marks & {"skip", "skipif", "xfail"}


def pipelines_of(test: MarkedTest) -> list[Path]:
    """The pipelines of e2e/ that its module names."""
    text = Path(str(test.module.__file__)).read_text(encoding="utf-8")
    names = set(re.findall(r'"(?:e2e/pipelines/)?(\w+)(?:\.py)?"', text))
    return sorted(file for file in PIPELINES.glob("*.py") if file.stem in names)


ON_ENGINES = [test for test in marked_tests() if pipelines_of(test)]


@pytest.mark.parametrize("test", ON_ENGINES, ids=lambda test: test.id)
def test_a_test_on_engines_has_a_pipeline_that_uses_what_it_shows(test: MarkedTest) -> None:
    found = [trace(load_pipeline(str(file)), {}) for file in pipelines_of(test)]
    used = set[str]().union(*map(all_features, found))
    assert {cell.feature for cell in test.claims if is_authored(cell)} <= used


def is_authored(cell: Cell) -> bool:
    """Whether a pipeline says it: options of a compilation, and a stack's alerter, it does not."""
    kind = cell.feature.removeprefix("ship_").removesuffix(table.EXECUTOR)
    return kind == cell.feature != "alerter"


def test_a_case_that_is_not_run_backs_nothing() -> None:
    [entry] = [entry for entry in entries() if entry.name == "ends_the_others"]
    assert {cell.column for cell in table.shown_by(entry)} == {
        "local", "docker", "airflow", "prefect",
    }  # fmt: skip


def test_features_that_a_pipeline_uses_are_features() -> None:
    step = ir.Step(
        id="a", name="a", function=ir.Function(module="m", qualname="a"),
        location=ir.Location(file="m.py", line=1), timeout=1.0,
    )  # fmt: skip
    pipeline = ir.Pipeline(name="p", location=step.location, body=ir.Block(nodes=(step,)))
    assert [feature for feature, *_ in used_features(pipeline)] == ["timeout"]
    assert {"timeout", "images", "logs", "caching"} == all_features(pipeline)
