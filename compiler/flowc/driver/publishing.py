"""Puts the bundle where containers fetch it or find it mounted, as far as this machine reaches.

    store   file:///data on --volume /srv/flowc:/data   ->  /srv/flowc/bundles/DIGEST.pyz
    store   s3://bucket/flowc                           ->  bundles/DIGEST.pyz there
    mount   --bundles /srv/bundles                      ->  /srv/bundles/DIGEST.pyz

A bundle that is there already is left alone. What is not reached from here, a folder of another
machine or a claim of a cluster, is told in a note: the build directory holds the file.
"""

from __future__ import annotations

import posixpath
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from flowc.driver.build_record import read_record
from flowc.errors import BackendError
from flowc.registry import Bundle, EmitOptions, Volume
from flowc_runtime.stores import StoreError, open_store

if TYPE_CHECKING:
    from flowc.deploying import Build
    from flowc.registry import Emission


def publish(options: EmitOptions) -> list[str]:
    """Notes on what is left to do.

    Raises BackendError for an object store that refuses.
    """
    if options.ship == "mount":
        return _put_file(_folder_here(options.bundles), f"{options.bundle.digest}.pyz", options)
    if options.ship != "store":
        return []
    if options.store.startswith("file:"):
        return _put_file(_host_folder(options), options.bundle.key, options)
    try:
        open_store(options.store).put_if_absent(options.bundle.key, options.bundle.data)
    except StoreError as error:
        raise BackendError(
            f"the bundle cannot be put into the store: {error}",
            hint=f"--no-build writes the files alone; put {options.bundle.key} there yourself",
        ) from error
    return []


def publish_build(build: Build) -> list[str]:
    """Publish the bundle of a build that was compiled on another machine, or without building.

    A store that refuses this machine is told in a note: others may have put the bundle there.
    """
    if build.manifest.get("ship") not in {"store", "mount"}:
        return []
    options = _options(build)
    try:
        return publish(options)
    except BackendError as error:
        return [f"{error.message}; {_left(options)}, unless it is there"]


def unbuilt(options: EmitOptions, emission: Emission) -> list[str]:
    """Notes on what was not done because nothing was to be built."""
    notes = ["no image was built or tried: --no-build"] if emission.uses else []
    if options.ship in {"store", "mount"}:
        notes.append(_left(options))
    return notes


def _options(build: Build) -> EmitOptions:
    """What of the compilation's options tells where the bundle goes."""
    record, digest = read_record(build), build.manifest["bundle"]
    asked = record.options
    bundles = asked["bundles"]
    return EmitOptions(
        bundle=Bundle(digest=digest, data=build.files[f"bundles/{digest}.pyz"]),
        spec=record.spec,
        store=asked["store"],
        volumes=tuple(Volume(**it) for it in asked["volumes"]),
        ship=asked["ship"],
        bundles=None if bundles is None else Volume(**bundles),
    )


def _put_file(folder: Path | None, key: str, options: EmitOptions) -> list[str]:
    if folder is None:
        return [_left(options)]
    path = folder / key
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            temporary.write_bytes(options.bundle.data)
            temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise BackendError(
            f"the bundle cannot be put into {path.parent}: {error.strerror}",
            hint=f"--no-build writes the files alone; put {options.bundle.key} there yourself",
        ) from error
    return []


def _host_folder(options: EmitOptions) -> Path | None:
    """The store's folder on this machine, if the volume that holds it is one of its folders."""
    inside = posixpath.normpath(unquote(urlsplit(options.store).path))
    for volume in options.volumes:
        target = posixpath.normpath(volume.target)
        if f"{inside}/".startswith(f"{target.rstrip('/')}/"):
            source = _folder_here(volume)
            return source and source / posixpath.relpath(inside, target)
    return None


def _folder_here(volume: Volume | None) -> Path | None:
    """What a volume mounts, if it is a folder of this machine."""
    if volume is None or volume.kind != "bind" or not Path(volume.source).is_dir():
        return None
    return Path(volume.source)


def _left(options: EmitOptions) -> str:
    if options.ship == "store":
        return f"put {options.bundle.key} of the build into the store, under the same name"
    where = options.bundles.source if options.bundles is not None else "the folder of bundles"
    return f"copy {options.bundle.key} of the build into {where}"
