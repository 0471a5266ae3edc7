"""A container that holds files and plain values."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flowc import pipeline, step


@step
def make() -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp())
    (folder / "a.txt").write_text("first", encoding="utf-8")
    (folder / "b.txt").write_text("second", encoding="utf-8")
    return {"files": [folder / "a.txt", folder / "b.txt"], "count": 2}


@step
def read(parts: dict[str, Any]) -> list[object]:
    texts = [path.read_text(encoding="utf-8") for path in parts["files"]]
    return [*texts, parts["count"]]


@pipeline
def path_and_json() -> None:
    read(make())
