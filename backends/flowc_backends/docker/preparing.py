"""Everything that must be there before the first step's container: images, bundle, store, answers.

Nothing of the run is recorded here, so a request that cannot be met leaves no run behind. When the
cache will answer for every step no container is started, not even to ask how files get there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import AuthorError
from flowc.registry import EmitOptions
from flowc_backends.docker import bundles, inventory, probe
from flowc_backends.docker.copying import BundleCopied, Copied
from flowc_backends.docker.delivery import Mounted
from flowc_backends.docker.stepping import Means, StepContainers
from flowc_backends.images.building import build, ensure_image
from flowc_backends.images.daemon import connect
from flowc_backends.images.dockerfile import HOME
from flowc_backends.images.placing import place
from flowc_runtime.answers import Answers, Run
from flowc_runtime.stores import FileStore, StoreError, open_store

if TYPE_CHECKING:
    from flowc import ir
    from flowc.registry import RunOptions
    from flowc_backends.docker.delivery import Delivery
    from flowc_backends.images.daemon import Daemon
    from flowc_runtime.stores import Store
    from flowc_runtime.versions import Environment


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
    means = Means(_Preparation(engine, options, store, placed, ids).means)
    run = _open_run(options, store)
    answers = Answers(run, inventory.environments(placed, ids))
    if len(answers.foresee()) < len(placed.steps):
        means.get()
        answers = Answers(run, inventory.environments(placed, ids))
    containers = StepContainers(engine, options, store, means, answers)
    return Prepared(pipeline=placed, containers=containers, store=store)


def environments(pipeline: ir.Pipeline, options: RunOptions) -> dict[str, Environment | None]:
    """What the steps would run with, as far as that is known without a container or a build."""
    placed, _ = place(pipeline, _emit_options(options))
    with connect() as engine:
        ids = engine.image_ids(dict.fromkeys(step.image for step in placed.steps))
    return inventory.environments(placed, ids)


class _Preparation:
    """Brings about what a container needs: nothing of it is needed when none is started."""

    def __init__(
        self,
        engine: Daemon,
        options: RunOptions,
        store: Store,
        pipeline: ir.Pipeline,
        ids: dict[str, str],
    ) -> None:
        self._engine, self._options, self._store = engine, options, store
        self._pipeline, self._ids = pipeline, ids

    def means(self) -> tuple[Delivery, str]:
        """How files get into containers, and who runs there."""
        bundle = bundles.unpack(self._options.bundle, self._store)
        answer = self._ask(bundle)
        if not answer.shared:
            self._options.reporter.note(
                "the daemon does not see this machine's files: copying them"
            )
            bundles.compile_for(bundle, answer.python)
        return self._delivery(bundle, shared=answer.shared), answer.user

    def _ask(self, bundle: Path) -> probe.Answer:
        """Ask the first image how files get there, and each one that is new to this bundle or
        this machine if it can run steps and what it has.
        """
        answer: probe.Answer | None = None
        folder = _writable(self._store)
        for image, python in dict.fromkeys(
            (step.image, step.docker.python) for step in self._pipeline.steps
        ):
            id_ = self._ids[image]
            stamp = bundle / bundles.stamp_name(id_, python)
            if answer is None or not stamp.exists() or inventory.recall(id_, python) is None:
                found = probe.ask(self._engine, image, python, folder=folder, bundle=bundle)
                inventory.remember(id_, python, found.environment)
                if found.shared:
                    stamp.touch()
                answer = answer or found
        if answer is None:
            name, where = self._pipeline.name, str(self._pipeline.location)
            raise AuthorError(f"pipeline '{name}' has no step", where=where)
        return answer

    def _delivery(self, bundle: Path, *, shared: bool) -> Delivery:
        engine, options, store = self._engine, self._options, self._store
        # The runtime takes the bundle's digest from the name of its folder.
        inside = f"{HOME}/{options.bundle.filename.removesuffix('.pyz')}"
        if shared:
            folder = Path(store.root) if isinstance(store, FileStore) else None
            return Mounted(bundle=bundle, inside=inside, folder=folder, uri=store.uri)
        if isinstance(store, FileStore):
            found = inventory.environments(self._pipeline, self._ids)
            return Copied(engine, options, store, found, bundle=bundle, inside=inside)
        return BundleCopied(engine, store.uri, bundle=bundle, inside=inside)


def _open_run(options: RunOptions, store: Store) -> Run:
    """The run as its containers would record it."""
    run = Run(options.run, options.spec, store, options.parameters)
    run.name = options.run_name
    run.target = "docker"
    run.engine_run = options.engine_run
    run.bundle = options.bundle.digest[:16]
    run.cache = options.cache
    return run


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
    placed, images = place(pipeline, _emit_options(options))
    if images:
        build(engine, images, options.build, options.reporter)
    return placed


def _emit_options(options: RunOptions) -> EmitOptions:
    return EmitOptions(
        bundle=options.bundle,
        spec=options.spec,
        store=options.store,
        ship="mount",
        default_parent_image=options.default_parent_image,
    )


def _image_ids(engine: Daemon, pipeline: ir.Pipeline, options: RunOptions) -> dict[str, str]:
    """The ids of all images; a parent image that is not there is pulled."""
    images = list(dict.fromkeys(step.image for step in pipeline.steps))
    ids = engine.image_ids(images)
    for image in images:
        if image not in ids:
            ensure_image(engine, image, options.reporter)
            ids[image] = str(engine.inspect_image(image)["Id"])
    return ids


def _writable(store: Store) -> Path:
    """Where steps will write on this machine, or at least what they will read."""
    return Path(store.root) if isinstance(store, FileStore) else bundles.bundle_home(store)
