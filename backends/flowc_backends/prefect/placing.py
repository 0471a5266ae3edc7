"""Where workers read what is deployed: a folder that is called like its digest.

It holds the flow file, and beside it the bundle of processes and the build's record. So compiling
again touches nothing that is deployed, and an earlier deployment keeps its own files.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import BackendError
from flowc_runtime.contract import path_segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.deploying import Build

MARK = b"\n# Compiled by flowc from "

_PLACED = re.compile(r"^[^/]+\.py$|^[^/]+\.bundle/bundle-[0-9a-f]{16}\.pyz$")
"""Of a build, what a worker reads."""

_VERSION = re.compile("[0-9a-f]{16}")


def folder_of(root: Path, pipeline: str, digest: str) -> Path:
    return root / path_segment(pipeline) / digest[:16]


def place(root: Path, build: Build) -> Path:
    """The folder of this build's flow file, its bundle and its record, written whole."""
    folder = folder_of(root, build.pipeline, build.digest)
    read = {name: data for name, data in build.files.items() if _PLACED.search(name)}
    files = {**read, **build.record}
    if all(_has(folder / name, data) for name, data in files.items()):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
        try:
            _write(fresh, files)
            # What is there under this digest and is not the same was damaged.
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise BackendError(f"cannot write '{folder}': {error.strerror}") from None
    return folder


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Readable by everyone: a worker may be another user."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.parent.chmod(0o755)
        path.write_bytes(data)
        path.chmod(0o644)
    folder.chmod(0o755)


def read_files(folder: Path) -> dict[str, bytes]:
    """What `place` wrote there; empty where this machine does not see the folder."""
    try:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    except OSError:
        return {}


def remove_files(root: Path, build: Build) -> None:
    """Remove what `place` wrote for any version, and nothing that looks otherwise."""
    folder = root / path_segment(build.pipeline)
    for version in folder.glob("*"):
        flows = list(version.glob("*.py"))
        if _VERSION.fullmatch(version.name) and any(MARK in path.read_bytes() for path in flows):
            shutil.rmtree(version, ignore_errors=True)
    with suppress(OSError):
        folder.rmdir()


def _has(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False
