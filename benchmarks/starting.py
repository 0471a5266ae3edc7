"""What the runtime itself costs in a container: a fresh interpreter runs one trivial step."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from benchmarks.bench import CHAIN, SUBJECTS
from benchmarks.measure import Command, alternate, ask, spend
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench
