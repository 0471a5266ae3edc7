"""Changes another module while it is imported."""

from __future__ import annotations

from . import lib  # noqa: TID252 - found wherever the case is copied to

lib.READERS.append("table")
lib.LIMIT = 80
