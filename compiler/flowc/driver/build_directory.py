"""Writes a build directory: whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc.errors import AuthorError

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "manifest.json"


def manifest_text(files: Mapping[str, bytes], about: Mapping[str, Any]) -> bytes:
    """``about`` and each file's digest, as JSON."""
    document = {
        **about,
        "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
    }
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def check_free(folder: Path, pipeline: str, target: str) -> None:
    """Raise AuthorError when ``folder`` holds anything but an earlier build of the same thing."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise AuthorError(f"--out: '{folder}' is a file", hint="name a folder")
    if not any(folder.iterdir()):
        return
    try:
        earlier = json.loads((folder / MANIFEST).read_bytes())
        same = (earlier["pipeline"], earlier["target"]) == (pipeline, target)
    except (OSError, ValueError, KeyError, TypeError):
        raise AuthorError(
            f"--out: the folder '{folder}' holds files that flowc did not write",
            hint="name a new or empty folder",
        ) from None
    if not same:
        raise AuthorError(
            f"--out: the folder '{folder}' holds the build of pipeline '{earlier['pipeline']}' "
            f"for {earlier['target']}",
            hint="name another folder for this build",
        )


def write_build(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replace ``folder`` by one that holds ``files``; a failure leaves the earlier one."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise AuthorError(f"--out: '{folder}' cannot be written: {error.strerror}") from None
    try:
        for name, content in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        fresh.chmod(0o777 & ~_umask())
        _swap(fresh, folder)
    except OSError as error:
        raise AuthorError(f"--out: '{folder}' cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / "build")
    try:
        fresh.rename(folder)
    except OSError:
        (old / "build").rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
