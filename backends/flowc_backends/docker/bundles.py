"""The bundle on this machine: unpacked once for each digest, never written again."""

from __future__ import annotations

import compileall
import hashlib
import io
import os
import py_compile
import secrets
import shutil
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flowc_backends.images.memory import cache_home
from flowc_runtime.stores import FileStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.registry import Bundle
    from flowc_runtime.stores import Store

COMPLETE = ".complete"

KEEP = 7 * 24 * 3600
"""Seconds that an unpacked bundle is kept after its last run began."""


def unpack(bundle: Bundle, store: Store) -> Path:
    """The folder of the unpacked bundle: in a local store, else in our cache."""
    folder = bundle_home(store) / bundle.digest
    if (folder / COMPLETE).exists():
        os.utime(folder / COMPLETE)
        return folder
    _forget_old(folder.parent)
    temporary = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        archive.extractall(temporary)
    (temporary / COMPLETE).touch()
    try:
        temporary.rename(folder)
    except OSError:
        # Another run was faster. Its files are the same: they have the same digest.
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _forget_old(home: Path) -> None:
    """Every change of code unpacks a new bundle: take away those that no run used for a while."""
    for mark in home.glob(f"*/{COMPLETE}"):
        with suppress(OSError):
            if time.time() - mark.stat().st_mtime > KEEP:
                shutil.rmtree(mark.parent)


def stamp_name(image: str, python: str) -> str:
    """A file in the unpacked bundle: this image can run it, and has compiled it."""
    digest = hashlib.sha256(f"{image} {python}".encode()).hexdigest()
    return f".ready-{digest[:16]}"


def compile_for(folder: Path, python: Sequence[int]) -> None:
    """Compile an unpacked bundle that will be copied, when its reader's Python is ours."""
    stamp = folder / f".compiled-{sys.implementation.cache_tag}"
    if tuple(python[:2]) == sys.version_info[:2] and not stamp.exists():
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)
        stamp.touch()


def pack(bundle: Bundle, store: Store) -> Path:
    """The bundle as one file."""
    path = bundle_home(store) / f"{bundle.digest}.pyz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        temporary.write_bytes(bundle.data)
        temporary.replace(path)
    return path


def bundle_home(store: Store) -> Path:
    if isinstance(store, FileStore):
        return Path(store.root, "bundles")
    return cache_home() / "bundles"
