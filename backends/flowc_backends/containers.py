"""How an engine's worker starts a step's container through Docker: store, volumes, network.

--store file:///store --volume /srv/flowc:/store   ->   Bind(source="/srv/flowc", target="/store")
"""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from flowc.errors import AuthorError, FlowcError, raise_all
from flowc_backends.starting import BUNDLES
from flowc_runtime.contract import ARGUMENT_LIMIT

if TYPE_CHECKING:
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
    """What all containers of a pipeline have in common."""

    store: str
    binds: tuple[Bind, ...]
    network: str


def describe(options: EmitOptions, target: str) -> Containers:
    """What every container is started with.

    Raises AuthorError for volumes of another world, and a store that no container would see.
    """
    errors: list[FlowcError] = [
        AuthorError(
            f"the volume {volume.source}:{volume.target} is a claim in a Kubernetes cluster, and "
            f"{target} starts steps with Docker",
            hint="mount a folder of the Docker host: --volume /host/path:/path",
        )
        for volume in options.volumes
        if volume.kind != "bind"
    ]
    errors += _check_store(options.store, options.volumes, target)
    for what, text in (("store", options.store), ("network", options.network)):
        errors += check_argument(text, what)
    raise_all(errors)
    binds = tuple(Bind(source=volume.source, target=volume.target) for volume in options.volumes)
    if options.ship == "mount" and options.bundles is not None:
        binds = (*binds, Bind(source=options.bundles.source, target=BUNDLES, read_only=True))
    return Containers(store=options.store, binds=binds, network=options.network)


def check_argument(text: str, what: str, where: str = "") -> list[FlowcError]:
    """Errors for text that no program can be given as an argument."""
    if "\0" in text:
        return [AuthorError(f"the {what} {text!r} holds a NUL", where=where)]
    try:
        text.encode()
    except UnicodeEncodeError:
        return [AuthorError(f"the {what} {text!r} is no Unicode text", where=where)]
    return []


def check_texts(pipeline: ir.Pipeline) -> list[FlowcError]:
    """Errors for names and docstrings that no file or argument can hold."""
    errors: list[FlowcError] = []
    texts = [("pipeline", pipeline.name, pipeline.doc, pipeline.location)]
    texts += [("step", step.id, step.doc, step.location) for step in pipeline.steps]
    for what, name, doc, location in texts:
        errors += check_argument(name, f"{what}'s name", str(location))
        errors += check_argument(doc, f"{what}'s docstring", str(location))
    return errors


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


def _check_store(store: str, volumes: tuple[Volume, ...], target: str) -> list[FlowcError]:
    parts = urlsplit(store)
    if parts.scheme != "file":
        return []
    folder = posixpath.normpath(unquote(parts.path))
    if not folder.startswith("/"):
        return [
            AuthorError(
                f"the store '{store}' is relative, and a container has a folder of its own",
                hint="--store file:///path --volume /host/path:/path",
            )
        ]
    if any(_covers(volume.target, folder) for volume in volumes):
        return []
    return [
        AuthorError(
            f"the store '{store}' would be lost with each container that {target} starts",
            hint=f"mount it: --volume /host/path:{folder}",
        )
    ]


def _covers(mounted: str, folder: str) -> bool:
    mounted = posixpath.normpath(mounted)
    return folder == mounted or folder.startswith(mounted.rstrip("/") + "/")
