"""A file and a folder as outputs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flowc import pipeline, step


@step
def write_file() -> Path:
    path = Path(tempfile.mkdtemp(), "numbers.csv")
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    return path


@step
def write_folder() -> Path:
    folder = Path(tempfile.mkdtemp(), "report")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "ü.txt").write_text("x", encoding="utf-8")
    (folder / "run.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "run.sh").chmod(0o755)
    return folder


@step
def read(file: Path, folder: Path) -> dict[str, object]:
    return {
        "name": file.name,
        "text": file.read_text(encoding="utf-8"),
        "folder": sorted(str(path.relative_to(folder)) for path in folder.rglob("*")),
        "executable": bool((folder / "run.sh").stat().st_mode & 0o100),
    }


@pipeline
def files() -> None:
    read(write_file(), write_folder())
