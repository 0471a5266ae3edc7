"""Values that are stored as JSON, with their types."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from flowc import pipeline, step


class Size(Enum):
    SMALL = 1


@dataclass
class Box:
    size: Size
    sides: tuple[int, ...]


@step
def make() -> dict[str, Any]:
    return {
        "float": 1e300,
        "big": 2**70,
        "text": "ü\x00\n",
        "bytes": b"\x00\xff",
        "tuple": (1, (2,)),
        "set": {3},
        "frozen": frozenset([4]),
        "date": date(2024, 2, 29),
        "delta": timedelta(microseconds=1),
        "decimal": Decimal("1.10"),
        "uuid": uuid.UUID(int=5),
        "keys": {1: "int", (2, 3): "tuple", None: "none"},
        "box": Box(Size.SMALL, (1, 2)),
    }


@step
def show(values: dict[str, Any]) -> str:
    return repr(values)


@pipeline
def json_values() -> None:
    show(make())
