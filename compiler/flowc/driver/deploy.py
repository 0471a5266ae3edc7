"""Takes a build directory to an engine that runs, starts a run there and follows it to its end."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc.driver.build_directory import MANIFEST
from flowc.errors import AuthorError, BackendError, did_you_mean
from flowc.narrowing import is_dict
from flowc.registry import Build, DeployingBackend, DeployOptions, backend_names, find_backend
from flowc.trace.parameters import json_text
from flowc.trace.types import type_of_spec
from flowc_runtime import values
from flowc_runtime.contract import ARGUMENT_LIMIT, run_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.registry import Deployment, EngineRunStatus, Reporter
    from flowc_runtime.contract import TypeSpec

IMAGES = "images/"
"""The contexts of images, which an engine never sees."""

_POLL = 1.0
"""Seconds between two looks at a run."""

_AGAIN = "compile it again: flowc compile SOURCE --target TARGET --out DIR"

_KNOWN = {
    "target": str,
    "pipeline": str,
    "source": str,
    "files": dict,
    "parameters": dict,
    "signature": dict,
}
"""What a manifest must tell to be deployed."""

_FLAGS = {
    "to": "--to",
    "url": "--url",
    "unpause": "--unpause",
    "work_pool": "--work-pool",
    "create_work_pool": "--create-work-pool",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedRun:
    """A run that was asked for; ``status`` is how it ended, where that was waited for."""

    run_id: str
    engine_run: str
    status: EngineRunStatus | None = None


def read_build(folder: str) -> Build:
    """The build in ``folder``, each of its files as the manifest has it.

    Raises AuthorError for what is no build, or no longer what was compiled.
    """
    path = Path(folder)
    manifest = _manifest(path)
    contents = {name: _content(path, name) for name in manifest["files"]}
    damaged = sorted(
        name
        for name, digest in manifest["files"].items()
        if hashlib.sha256(contents[name]).hexdigest() != digest
    )
    if damaged:
        raise AuthorError(
            f"'{path / damaged[0]}' is not what was compiled: its digest differs from the "
            f"manifest's{_and_more(damaged)}",
            hint=_AGAIN,
        )
    files = {name: data for name, data in contents.items() if not name.startswith(IMAGES)}
    return Build(
        folder=str(path.resolve()),
        target=manifest["target"],
        pipeline=manifest["pipeline"],
        source=manifest["source"],
        digest=_digest(files),
        files=files,
        parameters=manifest["signature"],
        bound=tuple(sorted(manifest["parameters"].keys() - manifest["signature"].keys())),
    )


def deploy_build(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    """Deploy; nothing is changed where the engine has this very build already.

    Raises AuthorError or BackendError, and then an earlier deployment is as it was.
    """
    backend = _backend(build)
    _check_options(backend, options)
    return backend.deploy(build, options, reporter)


def undeploy_build(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    """Remove what was deployed; runs and their records stay."""
    backend = _backend(build)
    _check_options(backend, options)
    return backend.undeploy(build, options, reporter)


def start_run(build: Build, options: DeployOptions, parameters: Mapping[str, str]) -> StartedRun:
    """Start a run with ``parameters``, which are JSON texts from `read_parameters`."""
    engine_run = _backend(build).trigger(build, options, parameters)
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
    backend = _backend(build)
    end = None if timeout is None else time.monotonic() + timeout
    before: dict[str, str] = {}
    for status in backend.follow(options, started.engine_run):
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


def _manifest(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise AuthorError(
            f"the build directory '{folder}' {what}",
            hint="name the folder that flowc compile wrote, for example build/airflow/NAME",
        )
    try:
        manifest: object = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        manifest = None
    if not is_dict(manifest) or "pipeline" not in manifest:
        raise AuthorError(
            f"'{folder}' is no build directory: it has no {MANIFEST} of flowc's", hint=_AGAIN
        )
    for name, kind in _KNOWN.items():
        if not isinstance(manifest.get(name), kind):
            raise AuthorError(
                f"the {MANIFEST} of '{folder}' does not tell '{name}'",
                hint=f"another version of flowc wrote it; {_AGAIN}",
            )
    return manifest


def _content(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise AuthorError(f"the {MANIFEST} of '{folder}' names '{name}', outside of the folder")
    try:
        return path.read_bytes()
    except OSError as error:
        raise AuthorError(
            f"the build directory lacks '{path}': {error.strerror}", hint=_AGAIN
        ) from None


def _digest(files: Mapping[str, bytes]) -> str:
    state = hashlib.sha256()
    for name in sorted(files):
        state.update(f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return state.hexdigest()


def _and_more(names: list[str]) -> str:
    return f", and {len(names) - 1} more" if len(names) > 1 else ""


def _backend(build: Build) -> DeployingBackend:
    backend = find_backend(build.target)
    if not isinstance(backend, DeployingBackend):
        able = [
            name for name in backend_names() if isinstance(find_backend(name), DeployingBackend)
        ]
        raise BackendError(
            f"the target '{build.target}' cannot be deployed to by flowc",
            hint=f"those that can: {', '.join(able)}",
        )
    return backend


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
