"""Where flowc keeps, on this machine, what it can find out or make again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_home() -> Path:
    """FLOWC_HOME, or the user's folder for caches."""
    configured = os.environ.get("FLOWC_HOME")
    if configured:
        return Path(configured)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowc"
