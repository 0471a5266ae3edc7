"""Compares two builds by meaning: what a run would do otherwise, not which bytes changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from flowc.driver.build_directory import MANIFEST
from flowc.driver.build_record import IR, RECORD, read_build
from flowc.driver.diff.pipelines import pipeline_changes
from flowc.driver.diff.steps import Version, step_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc.client.differences import Cause
    from flowc.driver.build_record import Build


class StepDiff(TypedDict):
    """An invocation that only one build has, or that differs.

    ``status`` is added, removed or changed; ``where`` is the call in the pipeline function.
    """

    id: str
    step: str
    status: str
    where: str
    changes: list[Cause]


class DiffDocument(TypedDict):
    """``changes`` are of the pipeline itself and of how it was compiled.

    ``files`` are the author's and the engine's files whose text differs, for whatever reason.
    """

    pipeline: str
    old: str
    new: str
    same: bool
    changes: list[Cause]
    steps: list[StepDiff]
    files: list[str]


def diff_builds(old: str, new: str) -> DiffDocument:
    """Compare two build directories. Raises AuthorError for what is none."""
    return compare_builds(read_build(old), read_build(new))


def compare_builds(old: Build, new: Build) -> DiffDocument:
    changes, steps = pipeline_changes(old, new), _steps(old, new)
    return {
        "pipeline": new.pipeline.name,
        "old": old.name,
        "new": new.name,
        "same": not changes and not steps,
        "changes": changes,
        "steps": steps,
        "files": _files(old, new),
    }


def _steps(old: Build, new: Build) -> list[StepDiff]:
    """In the new pipeline's order, and what is gone at the end."""
    before, after = _versions(old), _versions(new)
    found = [
        _diff(version.step, "changed", step_changes(before[id_], version))
        if id_ in before
        else _diff(version.step, "added")
        for id_, version in after.items()
    ]
    found += [
        _diff(version.step, "removed") for id_, version in before.items() if id_ not in after
    ]
    return [step for step in found if step["changes"] or step["status"] != "changed"]


def _versions(build: Build) -> dict[str, Version]:
    specs = {spec["id"]: spec for spec in build.spec["steps"]}
    return {
        step.id: Version(build=build, step=step, spec=specs[step.id])
        for step in build.pipeline.steps
    }


def _diff(step: ir.Step, status: str, changes: list[Cause] | None = None) -> StepDiff:
    return {
        "id": step.id,
        "step": step.name,
        "status": status,
        "where": str(step.location),
        "changes": changes or [],
    }


def _files(old: Build, new: Build) -> list[str]:
    before, after = _texts(old), _texts(new)
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _texts(build: Build) -> Mapping[str, str]:
    """Digests of files; images and bundles are left out, for what is in them is of these files."""
    written = {
        name: digest
        for name, digest in build.manifest["files"].items()
        if not name.startswith(("images/", "bundles/")) and name not in {IR, RECORD, MANIFEST}
    }
    return {**build.modules, **written}
