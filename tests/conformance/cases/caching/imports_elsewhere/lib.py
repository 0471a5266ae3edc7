"""What others add to."""

from __future__ import annotations

READERS: list[str] = ["text"]
LIMIT = 8
