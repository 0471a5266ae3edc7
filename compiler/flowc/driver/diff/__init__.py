"""Compares two builds by meaning: what a run would do otherwise, not which bytes changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from flowc.deploying import IMAGES, IR, MANIFEST, RECORD
from flowc.driver.build_directory import build_of, changed_files, read_build
from flowc.driver.build_record import read_record
from flowc.driver.deploy import find_deployed
from flowc.driver.diff.pipelines import pipeline_changes
from flowc.driver.diff.steps import Version, step_changes
from flowc.driver.diff.telling import change
from flowc.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc.client.differences import Cause
    from flowc.deploying import Build, Deployed, DeployOptions
    from flowc.driver.build_record import Record


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
    before, after = read_build(old), read_build(new)
    return compare_records(read_record(before), read_record(after))


def diff_deployed(folder: str, options: DeployOptions) -> DiffDocument:
    """Compare what is deployed with a build directory of the same pipeline.

    Raises BackendError where nothing is deployed, or something that flowc did not deploy.
    """
    build = read_build(folder)
    found = find_deployed(build, options)
    if found.files:
        return compare_records(read_record(_build_there(found)), read_record(build))
    return _compare_digests(found, build)


def _build_there(found: Deployed) -> Build:
    if MANIFEST not in found.files:
        raise BackendError(
            f"{found.where}: nothing tells what it was made from, flowc deploy did not put it "
            "there",
            hint="deploy it with flowc deploy, or compare two build directories",
        )
    build = build_of(found.where, found.files)
    listed = build.manifest["files"]
    contents = {name: data for name, data in found.files.items() if name in listed}
    changed = changed_files(listed, contents)
    if changed or not build.digest.startswith(found.digest):
        what = f"'{changed[0]}'" if changed else MANIFEST
        raise BackendError(
            f"{found.where}: {what} is not what was deployed, it has been changed since",
            hint="deploy it again with flowc deploy, or compare two build directories",
        )
    return build


def _compare_digests(found: Deployed, build: Build) -> DiffDocument:
    same = build.digest.startswith(found.digest)
    text = (
        f"another build is deployed, `{found.digest}`; {build.target} keeps of a build no more "
        "than its digest: compare the two build directories to see what differs"
    )
    return {
        "pipeline": build.pipeline,
        "old": found.where,
        "new": build.name,
        "same": same,
        "changes": [] if same else [change("build", found.digest, text)],
        "steps": [],
        "files": [],
    }


def compare_records(old: Record, new: Record) -> DiffDocument:
    changes, steps = pipeline_changes(old, new), _steps(old, new)
    return {
        "pipeline": new.pipeline.name,
        "old": old.build.name,
        "new": new.build.name,
        "same": not changes and not steps,
        "changes": changes,
        "steps": steps,
        "files": _files(old, new),
    }


def _steps(old: Record, new: Record) -> list[StepDiff]:
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


def _versions(record: Record) -> dict[str, Version]:
    specs = {spec["id"]: spec for spec in record.spec["steps"]}
    return {
        step.id: Version(record=record, step=step, spec=specs[step.id])
        for step in record.pipeline.steps
    }


def _diff(step: ir.Step, status: str, changes: list[Cause] | None = None) -> StepDiff:
    return {
        "id": step.id,
        "step": step.name,
        "status": status,
        "where": str(step.location),
        "changes": changes or [],
    }


def _files(old: Record, new: Record) -> list[str]:
    before, after = _texts(old), _texts(new)
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _texts(record: Record) -> Mapping[str, str]:
    """Digests of files; images and bundles are left out, for what is in them is of these files."""
    written = {
        name: digest
        for name, digest in record.build.manifest["files"].items()
        if not name.startswith((IMAGES, "bundles/")) and name not in {IR, RECORD}
    }
    return {**record.modules, **written}
