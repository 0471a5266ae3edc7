"""Saves and loads for the tests of each format."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flowc_runtime import materializers

if TYPE_CHECKING:
    from pathlib import Path

    from flowc_runtime.contract import OutputSpec


def output(materializer: str | None = None) -> OutputSpec:
    return {"name": "model", "type": {"kind": "any"}, "materializer": materializer}


def stored(value: object, folder: Path, materializer: str | None = None) -> tuple[str, Any]:
    """The name of the format that was chosen, and what comes back from it."""
    path = folder / "artifact"
    saved = materializers.save(value, str(path), output(materializer))
    assert path.is_file()
    assert [entry.name for entry in folder.iterdir() if entry.name.startswith("artifact")] == [
        "artifact"
    ]
    return saved.materializer, materializers.load(saved.materializer, str(path))


def digest(value: object, folder: Path) -> str:
    path = folder / "digested"
    saved = materializers.save(value, str(path))
    return f"{saved.materializer} {hashlib.sha256(path.read_bytes()).hexdigest()}"
