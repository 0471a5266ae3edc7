"""Writes a build directory, whole or not at all, and reads one that is as it was compiled."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc.deploying import IMAGES, MANIFEST, Build
from flowc.errors import AuthorError
from flowc.narrowing import is_dict

if TYPE_CHECKING:
    from collections.abc import Mapping

AGAIN = "compile it again: flowc compile SOURCE --target TARGET --out DIR"

_KNOWN = {
    "flowc": str,
    "target": str,
    "pipeline": str,
    "source": str,
    "files": dict,
    "parameters": dict,
    "signature": dict,
}
"""What a manifest must tell."""


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


def read_build(folder: str) -> Build:
    """The build in ``folder``, each of its files as the manifest has it.

    Raises AuthorError for what is no build, or no longer what was compiled.
    """
    path = Path(folder)
    if not path.is_dir():
        what = "is a file" if path.exists() else "does not exist"
        raise AuthorError(
            f"the build directory '{folder}' {what}",
            hint="name the folder that flowc compile wrote, for example build/airflow/NAME",
        )
    try:
        text = (path / MANIFEST).read_bytes()
    except OSError:
        text = b""
    listed = parse_manifest(text, folder)["files"]
    contents = {name: _content(path, name) for name in listed}
    if damaged := changed_files(listed, contents):
        more = f", and {len(damaged) - 1} more" if len(damaged) > 1 else ""
        raise AuthorError(
            f"'{path / damaged[0]}' is not what was compiled: its digest differs from the "
            f"manifest's{more}",
            hint=AGAIN,
        )
    return build_of(folder, {MANIFEST: text, **contents})


def build_of(name: str, files: Mapping[str, bytes]) -> Build:
    """The build that these files are of, one of them its manifest."""
    return Build(
        name=name,
        manifest=parse_manifest(files[MANIFEST], name),
        files={key: data for key, data in files.items() if not key.startswith(IMAGES)},
    )


def parse_manifest(text: bytes, name: str) -> dict[str, Any]:
    """Raises AuthorError for what is no manifest, or one of another version of flowc."""
    try:
        manifest: object = json.loads(text)
    except ValueError:
        manifest = None
    if not is_dict(manifest) or "pipeline" not in manifest:
        raise AuthorError(
            f"'{name}' is no build directory: it has no {MANIFEST} of flowc's", hint=AGAIN
        )
    for key, kind in _KNOWN.items():
        if not isinstance(manifest.get(key), kind):
            raise AuthorError(
                f"the {MANIFEST} of '{name}' does not tell '{key}'",
                hint=f"another version of flowc wrote it; {AGAIN}",
            )
    return manifest


def changed_files(listed: Mapping[str, str], contents: Mapping[str, bytes]) -> list[str]:
    """Names of files whose digest is not the one that is listed."""
    return sorted(
        name
        for name, data in contents.items()
        if hashlib.sha256(data).hexdigest() != listed.get(name)
    )


def _content(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise AuthorError(f"the {MANIFEST} of '{folder}' names '{name}', outside of the folder")
    try:
        return path.read_bytes()
    except OSError as error:
        raise AuthorError(
            f"the build directory lacks '{path}': {error.strerror}", hint=AGAIN
        ) from None


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
