"""``python -m flowc``: the command line where its script is not on PATH."""

from __future__ import annotations

from flowc.cli import script

script()
