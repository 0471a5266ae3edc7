"""Takes a build directory to an engine that runs, starts a run there and follows it to its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from flowc.deploying import DeployingBackend
from flowc.driver.publishing import publish_build
from flowc.errors import AuthorError, BackendError, did_you_mean
from flowc.registry import backend_names, find_backend
from flowc.trace.parameters import json_text
from flowc.trace.types import type_of_spec
from flowc_runtime import values
from flowc_runtime.contract import ARGUMENT_LIMIT, run_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.deploying import (
        Build,
        Deployed,
        Deployer,
        Deployment,
        DeployOptions,
        EngineRunStatus,
    )
    from flowc.registry import Reporter
    from flowc_runtime.contract import TypeSpec

_POLL = 1.0
"""Seconds between two looks at a run."""

_FLAGS = {
    "to": "--to",
    "url": "--url",
    "unpause": "--unpause",
    "work_pool": "--work-pool",
    "create_work_pool": "--create-work-pool",
    "timeout": "--timeout",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedRun:
    """A run that was asked for; ``status`` is how it ended, where that was waited for."""

    run_id: str
    engine_run: str
    status: EngineRunStatus | None = None


def deploy_build(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    """Deploy; nothing is changed where the engine has this very build already.

    The bundle is there first. Raises AuthorError or BackendError, and then an earlier deployment
    is as it was.
    """
    deployer = _deployer(build, options)
    notes = publish_build(build)
    deployment = deployer.deploy(build, options, reporter)
    return replace(deployment, notes=(*deployment.notes, *notes))


def undeploy_build(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    """Remove what was deployed; runs and their records stay."""
    return _deployer(build, options).undeploy(build, options, reporter)


def find_deployed(build: Build, options: DeployOptions) -> Deployed:
    """What is deployed of the build's pipeline.

    Raises BackendError when nothing is.
    """
    found = _deployer(build, options).find(build, options)
    if found is None:
        raise BackendError(
            f"nothing is deployed of the pipeline '{build.pipeline}' on {build.target}",
            hint=f"flowc deploy {build.name}",
        )
    return found


def takes(build: Build, option: str) -> bool:
    """Whether an option of `DeployOptions` means something to the build's target."""
    backend = find_backend(build.target)
    return isinstance(backend, DeployingBackend) and option in backend.deploy_options


def start_run(build: Build, options: DeployOptions, parameters: Mapping[str, str]) -> StartedRun:
    """Start a run with ``parameters``, which are JSON texts from `read_parameters`."""
    engine_run = _deployer(build, options).trigger(build, options, parameters)
    return StartedRun(run_id=run_id(build.pipeline, engine_run), engine_run=engine_run)


def follow_run(
    build: Build,
    options: DeployOptions,
    started: StartedRun,
    reporter: Reporter,
    *,
    timeout: float | None,
) -> StartedRun:
    """Tell how a run goes on until it has ended.

    Raises BackendError when that takes longer than ``timeout``; the run itself then goes on.
    """
    deployer = _deployer(build, options)
    end = None if timeout is None else time.monotonic() + timeout
    before: dict[str, str] = {}
    for status in deployer.follow(options, started.engine_run):
        now = {"run": status.state, **{f"step {k}": v for k, v in status.tasks.items()}}
        for name, state in now.items():
            if before.get(name) != state:
                reporter.note(f"{name}  {state}")
        before = now
        if status.ended:
            return replace(started, status=status)
        if end is not None and time.monotonic() > end:
            raise BackendError(
                f"run '{started.run_id}' has not ended after {timeout:g} s, it is {status.state}",
                hint="it goes on; give it more time with --timeout, or see flowc runs show "
                f"{started.run_id}",
            )
        time.sleep(_POLL)
    return started


def read_parameters(build: Build, typed: Mapping[str, str]) -> dict[str, str]:
    """What a person typed as JSON texts, each checked against its annotation.

    Raises AuthorError for a name or a value that the pipeline does not take, and for one that is
    missing.
    """
    texts = {name: _read_parameter(build, name, text) for name, text in typed.items()}
    for name, spec in build.parameters.items():
        if "default" not in spec and name not in texts:
            raise AuthorError(
                f"parameter '{name}' of pipeline '{build.pipeline}' has no default, and the run "
                "gives it no value",
                hint=f"--param {name}=VALUE",
            )
    return texts


def _read_parameter(build: Build, name: str, typed: str) -> str:
    if name in build.bound:
        raise AuthorError(
            f"parameter '{name}' of pipeline '{build.pipeline}' was bound when it was compiled",
            hint=f"compile again with --param {name}=VALUE",
        )
    if name not in build.parameters:
        raise AuthorError(
            f"pipeline '{build.pipeline}' has no parameter '{name}'",
            hint=did_you_mean(name, list(build.parameters)) or "it takes none",
        )
    spec = build.parameters[name]["type"]
    text = json_text(typed, type_of_spec(spec))
    if len(text.encode("utf-8", "surrogatepass")) > ARGUMENT_LIMIT:
        raise AuthorError(
            f"parameter '{name}' has more than the {ARGUMENT_LIMIT:,} bytes that an engine passes "
            "on",
            hint="put the data into a file or object and pass its name",
        )
    try:
        values.parse(text, _without_classes(spec), name)
    except values.BadValue as error:
        raise AuthorError(f"pipeline '{build.pipeline}': {error}") from None
    return text


def _without_classes(spec: TypeSpec) -> TypeSpec:
    """The type with classes of the author's left open: their modules need not be here."""
    if spec.get("kind") == "class" and not _is_standard(spec.get("name", "")):
        return {"kind": "any"}
    if "args" not in spec:
        return spec
    found: TypeSpec = {**spec, "args": [_without_classes(arg) for arg in spec["args"]]}
    return found


def _is_standard(name: str) -> bool:
    import sys

    return name.partition(":")[0].partition(".")[0] in sys.stdlib_module_names


def _deployer(build: Build, options: DeployOptions) -> Deployer:
    backend = find_backend(build.target)
    if not isinstance(backend, DeployingBackend):
        able = [
            name for name in backend_names() if isinstance(find_backend(name), DeployingBackend)
        ]
        raise BackendError(
            f"the target '{build.target}' cannot be deployed to by flowc",
            hint=f"those that can: {', '.join(able)}",
        )
    _check_options(backend, options)
    return backend.deployer()


def _check_options(backend: DeployingBackend, options: DeployOptions) -> None:
    """Raise AuthorError for an option that means nothing to this target."""
    for item in fields(options):
        name = item.name
        given = getattr(options, name) != item.default
        if given and name in _FLAGS and name not in backend.deploy_options:
            taken = [flag for key, flag in _FLAGS.items() if key in backend.deploy_options]
            raise AuthorError(
                f"{_FLAGS[name]} means nothing to the target '{backend.name}'",
                hint=f"it takes {', '.join(taken)}",
            )
