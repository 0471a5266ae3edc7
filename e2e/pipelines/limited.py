"""What a container's step sees of its limits, its volumes and its environment."""

from __future__ import annotations

import os
from pathlib import Path

from flowc import pipeline, step


def read(*paths: str) -> str:
    """The first of these files: control groups have two versions."""
    found = (Path(path) for path in paths)
    return next(path.read_text().strip() for path in found if path.exists())


@step(
    settings={
        "docker": {"environment": {"GREETING": "hello"}},
        "resources": {"cpu_count": 0.5, "memory": "256Mi"},
        "kubernetes": {
            "labels": {"team": "blue"},
            "volumes": [{"path": "/scratch", "empty_dir": True, "size": "8Mi"}],
        },
    }
)
def look() -> dict[str, str]:
    scratch = os.statvfs("/scratch")
    (Path("/scratch") / "file").write_text("can be written")
    return {
        "memory": read("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        "cpu": read("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
        "scratch": str(scratch.f_blocks * scratch.f_frsize),
        "greeting": os.environ["GREETING"],
    }


@pipeline
def limited() -> None:
    look()
