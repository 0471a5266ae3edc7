"""A flow becomes a deployment of a Prefect server, through its REST API."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from flowc.deploying import MANIFEST, Deployed, Deployment, EngineRunStatus
from flowc.errors import AuthorError, BackendError, did_you_mean
from flowc_backends.prefect.api import connect
from flowc_backends.prefect.form import parameter_form
from flowc_backends.prefect.placing import folder_of, place, read_files, remove_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.deploying import Build, DeployOptions
    from flowc.registry import Reporter
    from flowc_backends.prefect.api import PrefectApi

TAG = "flowc"
"""What every deployment of ours is tagged with, and nobody else's."""

DIGEST = "flowc.digest"
"""The label that tells which build is deployed."""

PULL = "prefect.deployments.steps.set_working_directory"
PROJECT = "prefect.yaml"

_ENDED = frozenset(("COMPLETED", "FAILED", "CRASHED", "CANCELLED"))
_SCHEDULE = frozenset(("cron", "day_or", "interval", "anchor_date", "rrule", "timezone"))


def deploy(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    described = _described(build)
    name = described["name"]
    root = _root(options)
    api = connect(options.url)
    pool = options.work_pool or described["work_pool"]["name"]
    found = _find_ours(api, name)
    notes = _check_pool(api, pool, options, reporter)
    folder = place(root, build)
    body = _body(build, described, pool, folder)
    where = f"{api.url} in the work pool {pool}"
    if found and _is_same(found, body):
        return Deployment(name=f"{name}/{name}", where=where, change="unchanged", notes=notes)
    api.put_deployment({**body, "flow_id": api.flow_id(name)})
    return Deployment(
        name=f"{name}/{name}",
        where=where,
        change="updated" if found else "created",
        notes=notes,
    )


def undeploy(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    """The flow stays in Prefect with its runs; a work pool stays, too."""
    del reporter
    name = _described(build)["name"]
    root = _root(options)
    api = connect(options.url)
    found = _find_ours(api, name)
    if found is None:
        return Deployment(name=f"{name}/{name}", where=api.url, change="absent")
    api.delete_deployment(found)
    remove_files(root, build)
    return Deployment(name=f"{name}/{name}", where=api.url, change="removed")


def find(build: Build, options: DeployOptions) -> Deployed | None:
    """The deployment tells its build's digest, and the folder in which its record is."""
    name = _described(build)["name"]
    root = _root(options) if options.to else None
    api = connect(options.url)
    found = _find_ours(api, name)
    if found is None:
        return None
    where = f"{name}/{name} at {api.url}"
    digest = _labels(found).get(DIGEST, "")
    folder = _folder(found) if root is None else folder_of(root, build.pipeline, digest)
    if not digest or folder is None:
        raise BackendError(
            f"{where}: the deployment does not tell what it was made from, flowc deploy did not "
            "make it",
            hint="deploy it with flowc deploy, or compare two build directories",
        )
    files = read_files(folder)
    if MANIFEST not in files:
        raise BackendError(
            f"{where}: what was deployed is not in '{folder}' on this machine",
            hint="ask where the worker runs, or name the folder that flowc deploy was given: --to",
        )
    return Deployed(where=where, files=files, digest=digest)


def trigger(build: Build, options: DeployOptions, parameters: Mapping[str, str]) -> str:
    name = _described(build)["name"]
    api = connect(options.url)
    found = _find_ours(api, name)
    if found is None:
        raise BackendError(f"Prefect at {api.url} has no deployment '{name}/{name}'")
    values = {key: json.loads(text) for key, text in parameters.items()}
    return api.start(found, values)


def follow(options: DeployOptions, engine_run: str) -> Iterator[EngineRunStatus]:
    api = connect(options.url)
    while True:
        state = api.run_state(engine_run)
        yield EngineRunStatus(
            state=state,
            ended=state in _ENDED,
            completed=state == "COMPLETED",
            tasks=api.task_states(engine_run),
        )


def _described(build: Build) -> dict[str, Any]:
    """The one deployment of the build's prefect.yaml."""
    try:
        document = yaml.load(build.files[PROJECT], Loader=yaml.CSafeLoader)
        [found] = document["deployments"]
    except (KeyError, TypeError, ValueError, yaml.YAMLError):
        raise AuthorError(
            f"the build '{build.name}' holds no {PROJECT} of flowc's",
            hint="compile it again for prefect",
        ) from None
    return dict(found)


def _find_ours(api: PrefectApi, name: str) -> dict[str, Any] | None:
    """The deployment of this name, of the flow of this name.

    Raises BackendError when somebody else has that flow.
    """
    there = api.deployments(name)
    theirs = [other for other, found in there.items() if TAG not in found["tags"]]
    if name in theirs or (theirs and name not in there):
        raise BackendError(
            f"the flow '{name}' is somebody else's: '{name}/{theirs[0]}' is a deployment that "
            "flowc did not make",
            hint="rename the pipeline, or remove that deployment",
        )
    return there.get(name)


def _check_pool(
    api: PrefectApi, name: str, options: DeployOptions, reporter: Reporter
) -> tuple[str, ...]:
    """Notes about the work pool, which is made when that was asked for.

    Raises AuthorError when there is none.
    """
    if api.pool(name) is None:
        if not options.create_work_pool:
            near = did_you_mean(name, api.pools())
            raise AuthorError(
                f"Prefect at {api.url} has no work pool '{name}'",
                hint=f"--create-work-pool{f'; {near}' if near else ''}",
            )
        api.create_pool(name, "process")
        reporter.note(f"made the work pool {name}")
    if api.has_worker(name):
        return ()
    return (f"no worker is online: prefect worker start --pool {name} --type process",)


def _root(options: DeployOptions) -> Path:
    """Where flow files are kept for workers."""
    if "://" in options.to:
        raise AuthorError(
            f"--to: '{options.to}' is no folder",
            hint="name a folder that the worker sees under the same path",
        )
    if options.to:
        root = Path(options.to)
        if not root.is_dir():
            what = "is a file" if root.exists() else "does not exist"
            raise AuthorError(f"--to: the folder '{root}' {what}")
        return root.resolve()
    home = os.environ.get("FLOWC_HOME")
    return (Path(home).resolve() if home else Path.home() / ".flowc") / "prefect"


def _body(build: Build, described: Mapping[str, Any], pool: str, folder: Path) -> dict[str, Any]:
    entrypoint = described["entrypoint"]
    file, _, function = entrypoint.partition(":")
    return {
        "name": described["name"],
        "entrypoint": entrypoint,
        "pull_steps": [{PULL: {"directory": str(folder)}}],
        "description": described.get("description") or _doc(build.files[file], function),
        "version": build.digest[:12],
        "tags": [TAG],
        "labels": {DIGEST: build.digest},
        "work_pool_name": pool,
        "job_variables": described["work_pool"].get("job_variables") or {},
        "concurrency_limit": described.get("concurrency_limit"),
        "schedules": [_schedule(found) for found in described.get("schedules") or ()],
        "parameter_openapi_schema": parameter_form(build.parameters),
        "enforce_parameter_schema": True,
    }


def _labels(found: Mapping[str, Any]) -> Mapping[str, str]:
    labels: Mapping[str, str] = found.get("labels") or {}
    return labels


def _folder(found: Mapping[str, Any]) -> Path | None:
    """Where the deployment's worker reads its files."""
    match found.get("pull_steps"):
        case [{"prefect.deployments.steps.set_working_directory": {"directory": str(folder)}}]:
            return Path(folder)
        case _:
            return None


def _schedule(found: Mapping[str, Any]) -> dict[str, Any]:
    """A schedule of prefect.yaml as the API takes it."""
    return {
        "schedule": {key: value for key, value in found.items() if key in _SCHEDULE},
        **{key: value for key, value in found.items() if key not in _SCHEDULE},
    }


def _doc(source: bytes, function: str) -> str:
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return ast.get_docstring(node) or ""
    return ""


def _is_same(found: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    return bool(
        _labels(found).get(DIGEST) == body["labels"][DIGEST]
        and found.get("pull_steps") == body["pull_steps"]
        and found.get("work_pool_name") == body["work_pool_name"]
    )
