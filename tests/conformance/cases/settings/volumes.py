"""A folder that is empty and in memory, and one of the container's host."""

from __future__ import annotations

from pathlib import Path

from flowc import pipeline, step


@step(
    settings={
        "kubernetes": {
            "volumes": [
                {"path": "/scratch", "empty_dir": True, "size": "8Mi"},
                {"path": "/host", "host_path": "/etc"},
            ]
        }
    }
)
def look() -> list[object]:
    (Path("/scratch") / "file").write_text("kept")
    return [
        [file.name for file in Path("/scratch").iterdir()],
        [Path(path).is_mount() for path in ("/scratch", "/host")],
        (Path("/host") / "passwd").exists(),
    ]


@pipeline
def volumes() -> None:
    look()
