"""Where runs are kept when nobody says otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from flowc.trace.project import MARKERS


def default_store() -> str:
    """``FLOWC_STORE``, else ``.flowc/`` in the project around the current folder."""
    configured = os.environ.get("FLOWC_STORE", "")
    if configured:
        return configured
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / marker).exists() for marker in MARKERS):
            return _uri(folder)
    return _uri(here)


def _uri(folder: Path) -> str:
    return f"file:{quote(str(folder / '.flowc'))}"
