"""From the names that code imports to the distributions whose versions count.

    cv2, sklearn, yaml   ->   opencv-python-headless, scikit-learn, pyyaml

What is installed here says it best. Where the distribution that a name suggests is not installed,
the others are asked which of them has the package; what nobody has goes by its suggested name.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from flowc_runtime.imports.distributions import distribution_of
from flowc_runtime.versions import environment, normalise, split_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def distributions_of(names: Iterable[str]) -> list[str]:
    """Normalised, sorted; ``names`` are those of top-level packages."""
    return sorted({found for name in names for found in _distributions(name)})


@cache
def _distributions(name: str) -> tuple[str, ...]:
    guess = normalise(distribution_of(name))
    if guess in _installed() or not _is_here(name):
        return (guess,)
    return tuple(sorted(set(_providers(name)))) or (guess,)


def _is_here(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


@cache
def _installed() -> frozenset[str]:
    return frozenset(environment(sys.path)["distributions"])


def _providers(name: str) -> Iterator[str]:
    """Installed distributions that have a top-level package or module of this name."""
    for folder in _folders():
        if name in _top_level(folder):
            yield split_folder(folder.name)[0]


@cache
def _folders() -> tuple[Path, ...]:
    return tuple(
        folder
        for path in dict.fromkeys(sys.path)
        if path and Path(path).is_dir()
        for folder in Path(path).glob("*.dist-info")
    )


@cache
def _top_level(folder: Path) -> frozenset[str]:
    """First segments of the files that were installed: packages, modules, extensions."""
    try:
        lines = (folder / "RECORD").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    tops = {line.partition(",")[0].partition("/")[0] for line in lines}
    return frozenset(top.partition(".")[0] for top in tops)
