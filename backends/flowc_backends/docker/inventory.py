"""What Python and which distributions an image has, remembered by its id: an image never changes.

So a step's key is known without starting a container of its image, once that image was asked.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from flowc.narrowing import is_dict
from flowc_backends.images.memory import cache_home

if TYPE_CHECKING:
    from pathlib import Path

    from flowc import ir
    from flowc_runtime.versions import Environment


def remember(image: str, python: str, environment: Environment) -> None:
    """``image`` is an id. Where this user's cache cannot be written, it is asked again."""
    path = _path(image, python)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(environment), encoding="utf-8")
        temporary.replace(path)


def recall(image: str, python: str) -> Environment | None:
    """What the interpreter ``python`` of the image with this id has; None when nobody knows."""
    try:
        found: Environment = json.loads(_path(image, python).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = is_dict(found) and "python" in found and is_dict(found.get("distributions"))
    return found if whole else None


def environments(pipeline: ir.Pipeline, ids: dict[str, str]) -> dict[str, Environment | None]:
    """By step, for a pipeline with its images and their ``ids``.

    None where nobody knows: what a step's own environment says to Python may lead it to other
    distributions than the image's.
    """
    return {
        step.id: None
        if step.image not in ids
        or any(name.startswith("PYTHON") for name, _ in step.docker.environment)
        else recall(ids[step.image], step.docker.python)
        for step in pipeline.steps
    }


def _path(image: str, python: str) -> Path:
    digest = hashlib.sha256(f"{image} {python}".encode()).hexdigest()
    return cache_home() / "images" / f"{digest[:40]}.json"
