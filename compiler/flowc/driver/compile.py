"""Compiles a pipeline for a target and writes the build directory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from flowc import __version__
from flowc.driver.build_directory import MANIFEST, check_free, manifest_text, write_build
from flowc.driver.build_record import IR, record_files
from flowc.driver.executors import choose_executor
from flowc.driver.front import Front, prepare
from flowc.errors import AuthorError, BackendError
from flowc.passes.features import check_features
from flowc.passes.schedules import check_schedule
from flowc.passes.specification import schedule_spec
from flowc.registry import (
    EmitOptions,
    EngineBackend,
    choose_series,
    find_backend,
    split_target,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.authoring.pipeline import Pipeline
    from flowc.registry import BuildOptions, Emission, Executor, Reporter, Ship, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileReport:
    """What was compiled.

    ``bound_parameters`` are (name, JSON text, why it was bound at compile time).
    """

    target: str
    out: str
    files: tuple[str, ...]
    digest: str
    images: tuple[str, ...]
    runtime_parameters: tuple[str, ...]
    bound_parameters: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]


def compile_pipeline(  # noqa: PLR0913 - the options of a compilation, each by its name
    pipeline: Pipeline,
    target: str,
    *,
    out: str,
    parameters: Mapping[str, str],
    config: str = "",
    store: str | None,
    volumes: tuple[Volume, ...] = (),
    ship: Ship = "image",
    parent_image: str = "",
    network: str = "",
    executor: Executor | Literal[""] = "",
    python: str = "",
    stack: str = "",
    build: BuildOptions | None = None,
    reporter: Reporter,
) -> CompileReport:
    """Write the build directory ``out``; without ``build`` no image is built.

    Raises AuthorError or BackendError, and then nothing was written.
    """
    asked = target
    target, _ = split_target(asked)
    backend = _engine(target)
    version = choose_series(backend, asked)
    _check_ship(ship, target)
    chosen = choose_executor(backend, executor, python)
    folder = Path(out)
    check_free(folder, pipeline.name, target)
    front = prepare(pipeline, typed=parameters, config=config, stack=stack, named=True)
    store = store or front.pipeline.stack.store
    if not store:
        raise AuthorError(
            f"{target} needs a store that its containers reach",
            hint="--store URI, FLOWC_STORE, or the store of a stack: s3://bucket/prefix, or "
            "file:///path with --volume",
        )
    check_features(front.pipeline, chosen.target, chosen.supports, chosen.hints)
    scheduled = check_schedule(front.pipeline, target, backend.supports)
    options = EmitOptions(
        bundle=front.bundle,
        spec=front.spec,
        store=store,
        volumes=volumes,
        ship=ship,
        default_parent_image=parent_image,
        network=network,
        version=version,
        executor=chosen.executor,
        python=python or "python3",
    )
    emission = backend.emit(front.pipeline, options)
    if build is not None:
        backend.build(emission.images, build, reporter)
    files = {**emission.files, **_contexts(emission), **record_files(front, options)}
    digest = hashlib.sha256(files[IR]).hexdigest()
    files[MANIFEST] = manifest_text(files, _about(front, target, version, emission, digest))
    write_build(folder, files)
    front = replace(front, notes=(*front.notes, *scheduled))
    return _report(front, target, folder, files, emission, digest)


def _engine(target: str) -> EngineBackend:
    backend = find_backend(target)
    if backend.kind != "engine":
        raise AuthorError(
            f"the target '{target}' runs on this machine and has nothing to compile",
            hint=f"flowc run SOURCE --target {target}",
        )
    return cast("EngineBackend", backend)


def _check_ship(ship: str, target: str) -> None:
    if ship != "image":
        raise BackendError(
            f"the ship mode '{ship}' is not available for {target}", hint="--ship image"
        )


def _contexts(emission: Emission) -> dict[str, bytes]:
    """Each image's build context, so that it can also be built elsewhere."""
    return {
        f"images/{image.tag.rpartition(':')[2]}/{name}": content
        for image in emission.images
        for name, content in image.context.items()
    }


def _about(
    front: Front, target: str, version: str, emission: Emission, digest: str
) -> dict[str, object]:
    schedule = front.pipeline.schedule
    return {
        "flowc": __version__,
        "pipeline": front.pipeline.name,
        "source": str(front.pipeline.location),
        "target": target,
        "ir": digest,
        "bundle": front.bundle.digest,
        "images": {image.tag: list(image.steps) for image in emission.images},
        "parameters": {
            parameter.name: "run-time" if parameter.bound is None else f"bound: {parameter.why}"
            for parameter in front.pipeline.parameters
        },
        **({"schedule": schedule_spec(schedule)} if schedule else {}),
        **({"version": version} if version else {}),
        "signature": front.spec["parameters"],
    }


def _report(
    front: Front,
    target: str,
    folder: Path,
    files: Mapping[str, bytes],
    emission: Emission,
    digest: str,
) -> CompileReport:
    return CompileReport(
        target=target,
        out=str(folder),
        files=tuple(sorted(files)),
        digest=digest,
        images=tuple(image.tag for image in emission.images),
        runtime_parameters=tuple(item.name for item in front.pipeline.runtime_parameters),
        bound_parameters=tuple(
            (item.name, item.bound, item.why)
            for item in front.pipeline.parameters
            if item.bound is not None
        ),
        notes=(*front.notes, *emission.notes),
    )
