"""Every conformance case on this machine. The engines' answers are judged in e2e."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from flowc.errors import FlowcError
from tests import leaks
from tests.conformance import parity, planted
from tests.conformance.catalogue import Entry, answers, entries, groups, modules
from tests.conformance.expectation import TARGETS
from tests.conformance.here import Told, run_here
from tests.conformance.judge import judge

if TYPE_CHECKING:
    from pathlib import Path

PIPELINE = re.compile(r"^(?:def \w+\(|\w+ = )", re.MULTILINE)

by_case = pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)


@pytest.fixture
def planted_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in planted.environment().items():
        monkeypatch.setenv(name, value)


@by_case
@pytest.mark.usefixtures("planted_secrets")
@pytest.mark.shows("process_executor", on=["local"])
def test_local(entry: Entry, tmp_path: Path) -> None:
    refusal = entry.case.refused.get("local", "")
    if refusal:
        with pytest.raises(FlowcError) as refused:
            list(run_here(entry, tmp_path))
        assert refusal in str(refused.value)
        return
    told = Told()
    for number, (run, seen) in enumerate(run_here(entry, tmp_path, told), 1):
        problems = "\n".join(judge(run, seen))
        assert not problems, f"run {number}:\n{problems}"
    assert leaks.in_folder(tmp_path, planted.VALUES) == []
    assert leaks.in_text(told.text, planted.VALUES) == []


def test_there_are_enough_and_no_two_have_a_name() -> None:
    names = [entry.name for entry in entries()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("group", groups(), ids=lambda group: group.name)
def test_each_pipeline_has_its_answer(group: Path) -> None:
    assert sorted(path.stem for path in modules(group)) == sorted(answers(group))


@by_case
def test_a_case_is_well_said(entry: Entry) -> None:
    """Its pipeline has the case's name, its title is one line, its targets exist."""
    case = entry.case
    source = (entry.path.parent / entry.source).read_text(encoding="utf-8")
    assert {f"def {entry.name}(", f"{entry.name} = "} & {*re.findall(PIPELINE, source)}
    assert case.title
    assert "\n" not in case.title
    assert "|" not in case.title
    assert {*case.refused, *case.not_run} <= {*TARGETS}
    assert case.runs


def test_the_report_lists_exactly_these_cases() -> None:
    promised = {
        (entry.name, target): parity.promised(entry, target)
        for entry in entries()
        for target in TARGETS
    }
    assert parity.DOCUMENT.read_text(encoding="utf-8") == parity.render(promised), (
        "make e2e-full writes it anew"
    )
