"""Whether the author's modules make random state while they are imported.

A fork inherits such state from a process that may have used it, and Python reseeds its own in
every fork; in a container it is what the import made. Steps of such modules get a fresh
interpreter here too, so that they see the same numbers on every target.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAKES_STATE = re.compile(
    r"^(?!def |class |import |from |[@#\s]).*\b(\w*seed\w*|default_rng|RandomState|Random)\(",
    re.MULTILINE,
)
"""A statement of a module's own body that seeds, or makes a generator."""


def is_made_by(folders: Iterable[str]) -> bool:
    """Whether a module that was imported from one of ``folders`` makes random state."""
    roots = tuple(f"{Path(folder)}/" for folder in folders)
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return any(
        _makes_state(file)
        for file in files
        if file and file.startswith(roots) and file.endswith(".py") and "site-packages" not in file
    )


def _makes_state(file: str) -> bool:
    try:
        return bool(MAKES_STATE.search(Path(file).read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return False
