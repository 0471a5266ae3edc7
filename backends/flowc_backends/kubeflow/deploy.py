"""A package becomes a version of a pipeline of Kubeflow Pipelines, and a schedule a recurring run.

A version is called by the digest of what is in it. What is new is made before what is old goes, so
that an error on the way leaves the earlier version, and its schedule, as they were.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import TYPE_CHECKING, Any

from flowc.deploying import Deployed, Deployment, EngineRunStatus
from flowc.errors import AuthorError, BackendError
from flowc_backends.kubeflow.api import connect
from flowc_backends.kubeflow.names import engine_name
from flowc_backends.kubeflow.parameters import argument
from flowc_backends.kubeflow.recurring import RECURRING_RUN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.deploying import Build, Change, DeployOptions
    from flowc.registry import Reporter
    from flowc_backends.kubeflow.api import KubeflowApi

MARK = "Compiled by flowc from "
"""How every description of ours begins, and nobody else's."""

_ENDED = frozenset(("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED"))
_SHOWN = 12
"""Characters of a digest in a version's name."""

_VERSION = re.compile(rf"[0-9a-f]{{{_SHOWN}}}(-[0-9]+)?")


def deploy(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    del reporter
    api = connect(options.url, options.to)
    name = engine_name(build.pipeline)
    package = _package(build)
    found = api.pipeline(name)
    _check_ours(found, name)
    pipeline, version, change = _put_version(api, build, name, found, package)
    if _put_schedule(api, build, name, pipeline, version, change) and change == "unchanged":
        change = "updated"
    return Deployment(name=name, where=_where(api), change=change)


def undeploy(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    """The experiment stays, with its runs."""
    del reporter
    api = connect(options.url, options.to)
    name = engine_name(build.pipeline)
    found = api.pipeline(name)
    if found is None:
        return Deployment(name=name, where=_where(api), change="absent")
    _check_ours(found, name)
    recurring = api.recurring_runs(found.pipeline_id)
    theirs = [one.name for one in recurring if not one.description.startswith(MARK)]
    if theirs:
        raise BackendError(
            f"the recurring run '{theirs[0]}' starts the pipeline '{name}', and flowc did not "
            "make it",
            hint="delete it first, or leave the pipeline deployed",
        )
    for one in recurring:
        api.delete_recurring(one.id)
    for version in api.versions(found.pipeline_id):
        api.delete_version(found.pipeline_id, version.pipeline_version_id)
    api.delete_pipeline(found.pipeline_id)
    return Deployment(name=name, where=_where(api), change="removed")


def find(build: Build, options: DeployOptions) -> Deployed | None:
    """The newest version tells its build's digest. Its record is nowhere: what a server keeps
    beside the package is a description, which travels in a URL.
    """
    api = connect(options.url, options.to)
    name = engine_name(build.pipeline)
    found = api.pipeline(name)
    versions = api.versions(found.pipeline_id) if found else []
    if not versions:
        return None
    _check_ours(found, name)
    newest = _version_name(versions[0])
    where = f"{name} at {_where(api)}"
    if not _VERSION.fullmatch(newest):
        raise BackendError(
            f"{where}: flowc did not make the newest version, '{newest}'",
            hint="deploy again with flowc deploy",
        )
    return Deployed(where=where, digest=newest.partition("-")[0])


def trigger(build: Build, options: DeployOptions, parameters: Mapping[str, str]) -> str:
    api = connect(options.url, options.to)
    name = engine_name(build.pipeline)
    found = api.pipeline(name)
    versions = api.versions(found.pipeline_id) if found else []
    if not versions:
        raise BackendError(f"Kubeflow Pipelines at {api.url} has no pipeline '{name}'")
    arguments = {
        key: argument(text, build.parameters[key]["type"].get("kind", "any"))
        for key, text in parameters.items()
    }
    return api.start(
        f"{name}-{secrets.token_hex(4)}",
        api.experiment(name),
        found.pipeline_id,
        versions[0].pipeline_version_id,
        arguments,
    )


def follow(options: DeployOptions, engine_run: str) -> Iterator[EngineRunStatus]:
    api = connect(options.url, options.to)
    while True:
        run = api.run(engine_run)
        state = str(run.state or "PENDING")
        yield EngineRunStatus(
            state=state,
            ended=state in _ENDED,
            completed=state == "SUCCEEDED",
            tasks=_tasks(run),
        )


def _tasks(run: Any) -> dict[str, str]:
    details = (run.run_details and run.run_details.task_details) or ()
    return {
        str(task.display_name): str(task.state)
        for task in details
        if task.state and task.display_name != "root" and "-driver" not in task.display_name
    }


def _package(build: Build) -> bytes:
    files = [name for name in build.files if name.endswith(".yaml")]
    if len(files) != 1:
        raise AuthorError(
            f"the build '{build.name}' holds no package", hint="compile it again for kubeflow"
        )
    return build.files[files[0]]


def _check_ours(found: Any, name: str) -> None:
    if found is not None and not str(found.description or "").startswith(MARK):
        raise BackendError(
            f"the pipeline '{name}' is somebody else's: flowc did not make it",
            hint="rename the pipeline, or deploy to another namespace with --to",
        )


def _put_version(
    api: KubeflowApi, build: Build, name: str, found: Any, package: bytes
) -> tuple[str, str, Change]:
    """The ids of the pipeline and of the version that holds the package, made where it must be."""
    about = f"{MARK}{build.source}"
    wanted = build.digest[:_SHOWN]
    versions = api.versions(found.pipeline_id) if found else []
    if versions and _version_name(versions[0]).partition("-")[0] == wanted:
        return found.pipeline_id, versions[0].pipeline_version_id, "unchanged"
    # An earlier build that comes back needs a name of its own to be the newest again.
    again = sum(_version_name(one).partition("-")[0] == wanted for one in versions)
    title = f"{wanted}-{again + 1}" if again else wanted
    if found is not None:
        return (
            found.pipeline_id,
            api.upload_version(found.pipeline_id, title, package, about),
            "updated",
        )
    made = api.create_pipeline(name, about)
    try:
        version = api.upload_version(made.pipeline_id, title, package, about)
    except BackendError:
        api.delete_pipeline(made.pipeline_id)
        raise
    return made.pipeline_id, version, "created"


def _put_schedule(
    api: KubeflowApi, build: Build, name: str, pipeline: str, version: str, change: Change
) -> bool:
    """Have the build's schedule start this version; whether anything was changed for that.

    Recurring runs that people made of our pipeline are theirs, and go on.
    """
    ours = [one for one in api.recurring_runs(pipeline) if one.description.startswith(MARK)]
    described = build.files.get(RECURRING_RUN)
    about = f"{MARK}{build.source} ({_short_digest(described or b'')})"
    wanted = [(version, about)] if described else []
    if [(one.version, one.description) for one in ours] == wanted:
        return False
    if described:
        try:
            experiment = api.experiment(name)
            api.create_recurring(json.loads(described), experiment, pipeline, version, about)
        except BackendError:
            _take_back(api, pipeline, version, change)
            raise
    for one in ours:
        api.delete_recurring(one.id)
    return True


def _take_back(api: KubeflowApi, pipeline: str, version: str, change: Change) -> None:
    if change != "unchanged":
        api.delete_version(pipeline, version)
    if change == "created":
        api.delete_pipeline(pipeline)


def _short_digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_SHOWN]


def _version_name(version: Any) -> str:
    return str(version.display_name or version.name or "")


def _where(api: KubeflowApi) -> str:
    return f"{api.url} in the namespace {api.namespace}" if api.namespace else api.url
