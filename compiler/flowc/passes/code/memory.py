"""What was read of each module, and the answers for each pipeline, kept between compilations."""

from __future__ import annotations

from pathlib import Path

from flowc.disk_cache import DiskCache

MEMORY = DiskCache(*sorted(Path(__file__).parent.glob("*.py")))
