"""Which Python and which distributions a step runs with: part of its cache key.

What is installed is read off the names of the folders that installers leave beside the packages,
once in a process: nothing is imported and no metadata is opened. An environment is
``{"python": "3.11.9", "distributions": {"numpy": "2.4.6", ...}}``, names normalised. Of it a key
takes the versions of what the step's code uses, as finely as its policy says, None for what is
not installed: ``{"python": "3.11", "distributions": {"numpy": "2.4", "cv2": None}}``.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc_runtime.contract import Json, StepSpec

    Environment = dict[str, Json]
    Versions = dict[str, Json]

LEVELS = ("ignore", "minor", "exact")
"""How much of a version counts: nothing, major and minor, all of it."""

_here: dict[str, str] | None = None


def here(step: StepSpec) -> Versions:
    """What counts of the environment of this process; folders are read when that is needed."""
    global _here  # noqa: PLW0603 - read once in a process
    if _here is None and step["ingredients"].get("versions", {}).get("distributions"):
        _here = environment(sys.path)["distributions"]
    return select(step, {"python": _python(), "distributions": _here or {}})


def environment(paths: Iterable[str]) -> Environment:
    """This Python, and what is installed in the folders ``paths``, where the first one wins."""
    standard = os.path.dirname(os.__file__)
    found: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        if path and path != standard and not path.startswith(f"{standard}/lib-"):
            for name, version in _installed(path):
                found.setdefault(name, version)
    return {"python": _python(), "distributions": found}


def select(step: StepSpec, environment: Environment) -> Versions:
    """What counts for a step of an environment; nothing where its policy ignores versions."""
    if ignored(step):
        return {}
    wanted: Json = step["ingredients"]["versions"]
    level = wanted["level"]
    installed = environment["distributions"]
    return {
        "python": _cut(environment["python"], level),
        "distributions": {
            name: _cut(installed[name], level) if name in installed else None
            for name in wanted["distributions"]
        },
    }


def ignored(step: StepSpec) -> bool:
    """Whether no version counts for a step."""
    wanted: Json = step["ingredients"].get("versions") or {}
    return bool(wanted.get("level", "ignore") == "ignore")


def normalise(name: str) -> str:
    """A distribution's name in the one form in which names are compared."""
    parts = name.lower().replace("_", "-").replace(".", "-").split("-")
    return "-".join(part for part in parts if part)


def _installed(path: str) -> list[tuple[str, str]]:
    try:
        names = os.listdir(path)
    except OSError:  # a zip, or nothing at all
        return []
    folders = sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))
    return [split_folder(name) for name in folders]


def split_folder(folder: str) -> tuple[str, str]:
    """Name and version: ``scikit_learn-1.7.2.dist-info``, ``six-1.16.0-py3.11.egg-info``."""
    stem, _, kind = folder.rpartition(".")
    if kind == "egg-info":
        stem = stem.partition("-py3")[0]
        name, _, version = stem.partition("-")
    else:
        name, _, version = stem.rpartition("-")
    return normalise(name), version


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _cut(version: str, level: str) -> str:
    """``2.4.6`` as ``2.4`` unless all of it counts."""
    if level == "exact":
        return version
    major, dot, rest = version.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{major}{dot}{rest[:digits]}"
