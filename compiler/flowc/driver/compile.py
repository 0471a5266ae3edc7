"""Compiles a pipeline for a target and writes the build directory."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from flowc.deploying import IMAGES, IR, MANIFEST
from flowc.driver.build_directory import check_free, manifest_text, write_build
from flowc.driver.build_record import record_files
from flowc.driver.executors import choose_executor
from flowc.driver.front import Front, prepare
from flowc.driver.manifest import manifest
from flowc.driver.publishing import publish, unbuilt
from flowc.driver.slim_bundle import slim
from flowc.errors import AuthorError, BackendError
from flowc.passes.features import check_features
from flowc.passes.schedules import check_schedule
from flowc.registry import (
    EmitOptions,
    EngineBackend,
    choose_series,
    find_backend,
    split_target,
)
from flowc_runtime.stores import StoreError, check_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.authoring.pipeline import Pipeline
    from flowc.driver.executors import Chosen
    from flowc.registry import BuildOptions, Emission, Executor, Reporter, Ship, Size, Volume

_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*/?")


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
    sizes: tuple[Size, ...]
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
    bundles: Volume | None = None,
    platform: str = "",
    registry: str = "",
    reporter: Reporter,
) -> CompileReport:
    """Write the build directory ``out``; without ``build`` no image is built, tried or pushed, and
    the bundle is put nowhere else.

    Raises AuthorError or BackendError, and then nothing was written.
    """
    asked = target
    target, _ = split_target(asked)
    backend = _engine(target)
    version = choose_series(backend, asked)
    chosen = choose_executor(backend, executor, python)
    _check_ship(ship, chosen, bundles)
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
    _check_store(store)
    check_features(front.pipeline, chosen.target, chosen.supports, chosen.hints)
    scheduled = check_schedule(front.pipeline, target, backend.supports)
    options = EmitOptions(
        bundle=slim(front.bundle) if ship == "inline" else front.bundle,
        spec=front.spec,
        store=store,
        volumes=volumes,
        ship=ship,
        default_parent_image=parent_image,
        network=network,
        version=version,
        bundles=bundles,
        platform=platform,
        registry=_registry(registry),
        executor=chosen.executor,
        python=python or "python3",
    )
    emission = backend.emit(front.pipeline, options)
    files = {
        **emission.files,
        **_contexts(emission),
        **_bundle_file(options),
        **record_files(front, options),
    }
    about = manifest(front, target, chosen.supports, options, emission, files[IR])
    files[MANIFEST] = manifest_text(files, about)
    notes = [*front.notes, *scheduled]
    if build is None:
        notes += unbuilt(options, emission)
    else:
        backend.build(emission, options, build, reporter)
        notes += publish(options)
    write_build(folder, files)
    front = replace(front, notes=tuple(notes))
    return _report(front, target, folder, files, emission, about)


def _engine(target: str) -> EngineBackend:
    backend = find_backend(target)
    if backend.kind != "engine":
        raise AuthorError(
            f"the target '{target}' runs on this machine and has nothing to compile",
            hint=f"flowc run SOURCE --target {target}",
        )
    return cast("EngineBackend", backend)


def _check_store(store: str) -> None:
    try:
        check_uri(store)
    except StoreError as error:
        raise AuthorError(str(error), hint="s3://bucket/prefix, or file:///path") from error


def _check_ship(ship: str, chosen: Chosen, bundles: Volume | None) -> None:
    feature = f"ship_{ship}"
    if chosen.supports.get(feature, "error") == "error":
        raise BackendError(
            f"the ship mode '{ship}' is not available for {chosen.target}",
            hint="leave --ship away: processes find the bundle beside the engine's file"
            if chosen.executor == "process"
            else "--ship image",
        )
    if bundles is not None and ship != "mount":
        raise AuthorError(
            f"--bundles is where bundles are mounted from, and --ship {ship} mounts none",
            hint="--ship mount, or leave --bundles away",
        )


def _registry(text: str) -> str:
    """``host:5000/team``, as it is at the beginning of an image's name."""
    if text and not _REGISTRY.fullmatch(text):
        raise AuthorError(
            f"--registry: '{text}' is not the beginning of an image's name",
            hint="HOST or HOST/PREFIX, in lower case and without a scheme: ghcr.io/team",
        )
    return text.rstrip("/")


def _contexts(emission: Emission) -> dict[str, bytes]:
    """Each image's build context, so that it can also be built elsewhere."""
    return {
        f"{IMAGES}{image.tag.rpartition(':')[2]}/{name}": content
        for image in emission.images
        for name, content in image.context.items()
    }


def _bundle_file(options: EmitOptions) -> dict[str, bytes]:
    """The bundle, where containers look for it neither in the artifact nor in their images."""
    if options.ship in {"store", "mount"}:
        return {options.bundle.key: options.bundle.data}
    return {}


def _report(
    front: Front,
    target: str,
    folder: Path,
    files: Mapping[str, bytes],
    emission: Emission,
    about: Mapping[str, Any],
) -> CompileReport:
    return CompileReport(
        target=target,
        out=str(folder),
        files=tuple(sorted(files)),
        digest=about["ir"],
        images=tuple(image.tag for image in emission.images),
        runtime_parameters=tuple(item.name for item in front.pipeline.runtime_parameters),
        bound_parameters=tuple(
            (item.name, item.bound, item.why)
            for item in front.pipeline.parameters
            if item.bound is not None
        ),
        sizes=emission.sizes,
        notes=(*front.notes, *emission.notes),
    )
