"""A step of a module that imports no plugin."""

from __future__ import annotations

import os

from flowc import step

from . import lib  # noqa: TID252 - found wherever the case is copied to


@step
def look() -> str:
    return f"{lib.READERS} {lib.LIMIT} {os.environ.get('LEFT_BY_IMPORT')}"
