"""Keeps on disk what was read of the author's modules, so that what did not change is not read
again.

One JSON file for each name, replaced atomically. It is only a memory: when it is damaged, or
cannot be written, everything is read anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from flowc import __version__
from flowc.narrowing import is_dict

UNUSED_DAYS = 60


def folder() -> Path:
    """Where this user's caches are, as the system wants it."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "flowc" / "code"


class DiskCache:
    """What one reader keeps; it changes with flowc, and with any line of the reader's own code."""

    def __init__(self, *code: Path) -> None:
        self._code = code

    @cached_property
    def version(self) -> str:
        digest = hashlib.sha256(__version__.encode())
        try:
            for file in self._code:
                digest.update(file.read_bytes())
        except OSError:
            return digest.hexdigest()[:32]
        return digest.hexdigest()[:32]

    def load(self, name: str) -> dict[str, Any]:
        """What is kept under a name; empty when there is nothing to be used."""
        try:
            digest, _, text = _place(name).read_bytes().partition(b"\n")
            if digest.decode() != _digest(text):
                return {}
            found = json.loads(text)
        except (OSError, ValueError, RuntimeError, RecursionError):
            return {}
        usable = is_dict(found) and found.get("version") == self.version
        return found if usable else {}

    def save(self, name: str, kept: dict[str, Any]) -> None:
        """Keep it if that is possible; of two writers one wins."""
        temporary = ""
        try:
            place = _place(name)
            if not place.parent.is_dir():
                place.parent.mkdir(parents=True, exist_ok=True)
            document = {**kept, "version": self.version}
            text = json.dumps(document, separators=(",", ":")).encode()
            handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".new-")
            with os.fdopen(handle, "wb") as stream:
                stream.write(_digest(text).encode() + b"\n" + text)
            Path(temporary).replace(place)
        except (OSError, RuntimeError):
            if temporary:
                _remove(Path(temporary))


@cache
def forget_unused() -> None:
    """Remove what belongs to files that were not compiled for long; once in a process."""
    limit = time.time() - UNUSED_DAYS * 86400
    try:
        with os.scandir(folder()) as entries:
            old = [Path(entry.path) for entry in entries if entry.stat().st_mtime < limit]
    except (OSError, RuntimeError):
        return
    for path in old:
        _remove(path)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        return


def _place(name: str) -> Path:
    return folder() / f"{_digest(name.encode('utf-8', 'surrogatepass'))[:40]}.json"
