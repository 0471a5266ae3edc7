"""The edit matrix: run, edit, plan, run again. The plan names the cause, and the run agrees."""

from __future__ import annotations

import itertools
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from flowc import driver
from flowc.client import Client
from tests.code.edits import FILES as CODE
from tests.code.edits import HITS as CODE_HITS
from tests.code.edits import MISSES as CODE_MISSES
from tests.code.edits import Case as CodeCase
from tests.plan.edits import FILES, HITS, MISSES, Case
from tests.plan.projects import Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowc.authoring import Pipeline

ALWAYS = ("caching is off", "the cache entry has expired", "depends on what")
"""Reasons of steps that the next plan will not call hits."""


class Edited:
    """A project that ran once; each case edits its files and starts from what that run stored."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self.folder = folder
        self.files = files
        self.first = Project(folder, files)
        self.first.store = f"file:{folder / 'first'}"
        self.first.call(lambda: _run(self.first, {}))
        self._numbers = itertools.count()

    def after(self, *edits: tuple[str, str, str]) -> Project:
        """Files keep their paths, so that code that was not edited is not read again."""
        shutil.rmtree(self.first.folder)
        project = Project(self.folder, self.files)
        store = self.folder / f"store_{next(self._numbers)}"
        shutil.copytree(self.folder / "first", store)
        project.store = f"file:{store}"
        for name, old, new in edits:
            path = project.folder / name
            if path.is_dir():
                path.rename(project.folder / new)
            elif path.exists() and old:
                project.edit((name, old, new))
            else:
                project.write(name, (path.read_text() if path.exists() else "") + new)
        return project


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Edited:
    return Edited(tmp_path_factory.mktemp("code"), CODE)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Edited:
    return Edited(tmp_path_factory.mktemp("other"), FILES)


@pytest.mark.parametrize("case", [*CODE_HITS, *CODE_MISSES], ids=lambda case: case.title)
def test_edits_of_code(case: CodeCase, code: Edited) -> None:
    project = code.after(*case.edits)
    plan, _, _ = project.call(lambda: _observe(project, {}))
    assert {id_ for id_, step in plan.items() if step["status"] == "miss"} == set(case.changed)
    for id_ in case.changed:
        label = case.cause.rpartition(".")[2].partition("#")[0]
        assert label in {cause["name"] for cause in plan[id_]["causes"]}


@pytest.mark.parametrize("case", [*HITS, *MISSES], ids=lambda case: case.title)
def test_other_edits(case: Case, other: Edited) -> None:
    project = other.after(*case.edits)
    plan, ended, after = project.call(lambda: _observe(project, case.parameters))
    told = {id_: step["reason"] for id_, step in plan.items() if step["status"] != "hit"}
    assert told == case.told
    waited = {ended[id_]["status"] for id_, step in plan.items() if step["status"] == "unknown"}
    assert case.same is None or waited <= {"cached" if case.same else "completed"}
    always = {id_ for id_, reason in case.told.items() if reason.startswith(ALWAYS)}
    assert always or {step["status"] for step in after.values()} == {"hit"}


def _observe(project: Project, parameters: Mapping[str, str]) -> list[Any]:
    """The plan before a run and how its steps ended, by their ids, once the two agree."""
    before = _plan(project, parameters)
    ended = _run(project, parameters)
    for id_, step in before.items():
        result = ended[id_]
        assert step["cache_key"] in {None, result["cache_key"]}
        if step["status"] == "hit":
            assert result["status"] == "cached"
        elif step["status"] == "miss":
            assert result["status"] in {"completed", "failed"}
            assert step["reason"].startswith(result["reason"])
        else:
            assert result["status"] in {"cached", "completed"}
    after = _plan(project, parameters)
    return [before, ended, after]


def _plan(project: Project, parameters: Mapping[str, str]) -> dict[str, Any]:
    document = driver.plan_pipeline(_load(project), parameters=parameters, store=project.store)
    return {step["id"]: step for step in document["steps"]}


def _run(project: Project, parameters: Mapping[str, str]) -> dict[str, Any]:
    run = driver.run_pipeline(
        _load(project),
        target="local",
        parameters=parameters,
        store=project.store,
        reporter=Silent(),
    )
    return {step["id"]: step for step in Client(project.store).run(run)["steps"]}


def _load(project: Project) -> Pipeline:
    """Loaded anew in each fork, and once in it."""
    packages = str(project.folder / "site-packages")
    if packages not in sys.path:
        sys.path.append(packages)
    name = "both" if "def both" in (project.folder / "main.py").read_text() else "main"
    return driver.load_pipeline(f"main.py:{name}")


class Silent:
    """A reporter that nobody listens to."""

    def run_started(self, run: str, steps: list[str]) -> None: ...
    def step_started(self, step: str) -> None: ...
    def step_log(self, step: str, line: str) -> None: ...
    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None: ...
    def note(self, text: str) -> None: ...
