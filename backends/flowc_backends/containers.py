"""What steps have in common that an engine's worker starts: store, volumes, network.

--store file:///store --volume /srv/flowc:/store   ->   Bind(source="/srv/flowc", target="/store")
"""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from flowc.errors import AuthorError, FlowcError, raise_all
from flowc_backends.kubernetes import claims
from flowc_backends.starting import BUNDLES
from flowc_runtime.contract import ARGUMENT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc import ir
    from flowc.registry import EmitOptions, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A folder of the container's host, and where the container sees it."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """What all containers of a pipeline have in common; ``claims`` are those of pods."""

    store: str
    binds: tuple[Bind, ...] = ()
    network: str = ""
    claims: tuple[ir.Mount, ...] = ()


SHOWN = 40
"""Characters of an unusable text that its error shows."""

_WRONG_VOLUME = {
    "docker": (
        "is a claim in a Kubernetes cluster, and {target} starts steps with Docker",
        "mount a folder of the Docker host: --volume /host/path:/path",
    ),
    "kubernetes": (
        "is a path on a host, and {target} starts steps as pods, on whichever host",
        "mount a volume claim there: --volume pvc:NAME:{path}",
    ),
    "process": (
        "is for containers, and {target} starts steps as processes on a worker",
        "leave --volume away: steps see the worker's own files",
    ),
}
"""By executor, what is wrong with a volume of another one's world, and what to do."""

_MOUNTED = {
    "docker": " --volume /host/path:{folder}",
    "kubernetes": " --volume pvc:NAME:{folder}",
    "process": "",
}
_KINDS = {"docker": "bind", "kubernetes": "pvc"}


def describe(options: EmitOptions, target: str) -> Containers:
    """What every container is started with.

    Raises AuthorError for volumes of another world, and a store that no container would see.
    """
    executor = options.executor or "docker"
    problem, hint = _WRONG_VOLUME[executor]
    errors: list[FlowcError] = [
        AuthorError(
            f"the volume {volume.source}:{volume.target} {problem.format(target=target)}",
            hint=hint.format(path=volume.target),
        )
        for volume in options.volumes
        if volume.kind != _KINDS.get(executor)
    ]
    if options.network and executor != "docker":
        errors.append(
            AuthorError(
                f"--network is a network of Docker, and {target} starts steps otherwise",
                hint="leave it away, or --executor docker",
            )
        )
    if executor == "process":
        errors += _check_images(options, target)
    errors += _check_store(options.store, options.volumes, target, executor)
    for what, text in (("store", options.store), ("network", options.network)):
        errors += check_argument(text, what)
    raise_all(errors)
    if executor == "kubernetes":
        return Containers(
            store=options.store, claims=claims((*options.volumes, *bundles(options)))
        )
    binds = [Bind(source=it.source, target=it.target) for it in options.volumes]
    binds += [Bind(source=it.source, target=it.target, read_only=True) for it in bundles(options)]
    return Containers(store=options.store, binds=tuple(binds), network=options.network)


def _check_images(options: EmitOptions, target: str) -> list[FlowcError]:
    """Errors for what is said of images where there are none."""
    said = {
        "--platform is what images are built for": options.platform,
        "--registry is where images are pushed to": options.registry,
        "--parent-image is the image of steps that declare none": options.default_parent_image,
    }
    return [
        AuthorError(
            f"{what}, and {target} starts steps as processes on a worker", hint="leave it away"
        )
        for what, given in said.items()
        if given
    ]


def bundles(options: EmitOptions) -> list[Volume]:
    """The volume that has the bundles, where that is the way they are shipped."""
    if options.ship != "mount" or options.bundles is None:
        return []
    return [replace(options.bundles, target=BUNDLES)]


def check_argument(text: str, what: str, where: str = "") -> list[FlowcError]:
    """Errors for text that no program can be given as an argument."""
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    if "\0" in text:
        return [AuthorError(f"the {what} {shown!r} holds a NUL", where=where)]
    try:
        text.encode()
    except UnicodeEncodeError:
        return [AuthorError(f"the {what} {shown!r} is no Unicode text", where=where)]
    return []


def check_texts(pipeline: ir.Pipeline) -> list[FlowcError]:
    """Errors for names and docstrings that no file or argument can hold."""
    texts = [(pipeline.name, "pipeline's name", pipeline.location)]
    texts += [(pipeline.doc, "pipeline's docstring", pipeline.location)]
    texts += [(step.id, "step's name", step.location) for step in pipeline.steps]
    texts += [
        (step.doc, "step's docstring", step.defined or step.location) for step in pipeline.steps
    ]
    # A step that is called many times has one docstring.
    unique = dict.fromkeys((text, what, str(location)) for text, what, location in texts)
    return [error for each in unique for error in check_argument(*each)]


def places(step: ir.Step) -> str:
    """Where the step is in the author's code, as Markdown."""
    if step.defined is None or step.defined == step.location:
        return f"`{step.location}`"
    return f"`{step.defined}`, called at `{step.location}`"


def check_defaults(pipeline: ir.Pipeline) -> list[FlowcError]:
    """Errors for defaults that no container can be given."""
    return [
        AuthorError(
            f"the default of parameter '{parameter.name}' is {len(parameter.default):,} bytes of "
            f"JSON, and a container takes {ARGUMENT_LIMIT:,}",
            where=str(parameter.location),
            hint="put it into a file and pass its place",
        )
        for parameter in pipeline.runtime_parameters
        if parameter.default is not None
        and len(json.dumps(json.loads(parameter.default))) > ARGUMENT_LIMIT
    ]


def _check_store(
    store: str, volumes: tuple[Volume, ...], target: str, executor: str
) -> list[FlowcError]:
    if not store.startswith("file:"):
        return []
    folder = folder_of(store)
    if not folder.startswith("/"):
        what = "process" if executor == "process" else "container"
        return [
            AuthorError(
                f"the store '{store}' is relative, and a {what} has a folder of its own",
                hint=f"--store file:///path{_MOUNTED[executor].format(folder='/path')}",
            )
        ]
    if executor == "process":
        return []
    if is_mounted(store, volumes):
        return []
    return [
        AuthorError(
            f"the store '{store}' would be lost with each container that {target} starts",
            hint=f"mount it:{_MOUNTED[executor].format(folder=folder)}",
        )
    ]


def is_mounted(store: str, volumes: Iterable[Volume]) -> bool:
    """Whether one of the volumes holds the folder of a ``file:`` store."""
    folder = f"{folder_of(store)}/"
    targets = (posixpath.normpath(volume.target).rstrip("/") for volume in volumes)
    return any(folder.startswith(f"{target}/") for target in targets)


def folder_of(store: str) -> str:
    """The folder of a ``file:`` store, as containers see it."""
    return posixpath.normpath(unquote(urlsplit(store).path))
