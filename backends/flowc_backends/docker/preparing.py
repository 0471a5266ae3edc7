"""Everything that must be there before the first step's container: images, bundle, store, answers.

Nothing of the run is recorded here, so a request that cannot be met leaves no run behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import AuthorError
from flowc.registry import EmitOptions
from flowc_backends.docker import bundles, probe
from flowc_backends.docker.copying import BundleCopied, Copied
from flowc_backends.docker.delivery import Mounted
from flowc_backends.docker.stepping import StepContainers
from flowc_backends.images.building import build, ensure_image
from flowc_backends.images.dockerfile import HOME
from flowc_backends.images.placing import place
from flowc_runtime.stores import FileStore, StoreError, open_store

if TYPE_CHECKING:
    from flowc import ir
    from flowc.registry import RunOptions
    from flowc_backends.docker.delivery import Delivery
    from flowc_backends.images.daemon import Daemon
    from flowc_runtime.stores import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that can start."""

    pipeline: ir.Pipeline
    containers: StepContainers
    store: Store


def prepare(engine: Daemon, store: Store, pipeline: ir.Pipeline, options: RunOptions) -> Prepared:
    """Raises FlowcError when the run cannot start."""
    placed = _place(engine, pipeline, options)
    ids = _image_ids(engine, placed, options)
    unpacked = bundles.unpack(options.bundle, store)
    # The runtime takes the bundle's digest from the name of its folder.
    inside = f"{HOME}/{options.bundle.filename.removesuffix('.pyz')}"
    answer = _ask(engine, placed, ids, unpacked, folder=_writable(store))
    if not answer.shared:
        options.reporter.note("the daemon does not see this machine's files: copying them")
        bundles.compile_for(unpacked, answer.python)
    delivery = _delivery(engine, options, store, unpacked, inside, shared=answer.shared)
    containers = StepContainers(engine, options, store, delivery, answer.user)
    return Prepared(pipeline=placed, containers=containers, store=store)


def usable_store(uri: str) -> Store:
    """Raises AuthorError for a store that cannot be opened."""
    try:
        store = open_store(uri)
        if isinstance(store, FileStore):
            Path(store.root).mkdir(parents=True, exist_ok=True)
    except (StoreError, OSError) as error:
        raise AuthorError(f"the store cannot be used: {error}") from error
    return store


def _place(engine: Daemon, pipeline: ir.Pipeline, options: RunOptions) -> ir.Pipeline:
    """The pipeline with its images, those that must be built on the daemon."""
    emit = EmitOptions(
        bundle=options.bundle,
        spec=options.spec,
        store=options.store,
        ship="mount",
        default_parent_image=options.default_parent_image,
    )
    placed, images = place(pipeline, emit)
    if images:
        build(engine, images, options.build, options.reporter)
    return placed


def _image_ids(engine: Daemon, pipeline: ir.Pipeline, options: RunOptions) -> dict[str, str]:
    """The ids of all images; a parent image that is not there is pulled."""
    images = list(dict.fromkeys(step.image for step in pipeline.steps))
    ids = engine.image_ids(images)
    for image in images:
        if image not in ids:
            ensure_image(engine, image, options.reporter)
            ids[image] = str(engine.inspect_image(image)["Id"])
    return ids


def _ask(
    engine: Daemon, pipeline: ir.Pipeline, ids: dict[str, str], bundle: Path, *, folder: Path
) -> probe.Answer:
    """Ask the first image how files get there, and each one that is new to this bundle if it
    can run steps.
    """
    answer: probe.Answer | None = None
    for image, python in dict.fromkeys(
        (step.image, step.docker.python) for step in pipeline.steps
    ):
        stamp = bundle / bundles.stamp_name(ids[image], python)
        if answer is None or not stamp.exists():
            found = probe.ask(engine, image, python, folder=folder, bundle=bundle)
            if found.shared:
                stamp.touch()
            answer = answer or found
    if answer is None:
        raise AuthorError(f"pipeline '{pipeline.name}' has no step", where=str(pipeline.location))
    return answer


def _writable(store: Store) -> Path:
    """Where steps will write on this machine, or at least what they will read."""
    return Path(store.root) if isinstance(store, FileStore) else bundles.bundle_home(store)


def _delivery(
    engine: Daemon, options: RunOptions, store: Store, bundle: Path, inside: str, *, shared: bool
) -> Delivery:
    local = isinstance(store, FileStore)
    if shared:
        folder = Path(store.root) if isinstance(store, FileStore) else None
        return Mounted(bundle=bundle, inside=inside, folder=folder, uri=store.uri)
    if local:
        return Copied(engine, options, store, bundle=bundle, inside=inside)
    return BundleCopied(engine, store.uri, bundle=bundle, inside=inside)
