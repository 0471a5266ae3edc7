"""What code is behind a value: the classes of all objects in it, and the functions it holds.

A stored value has their names alone, so an edit of them leaves its contents as they are.
"""

from __future__ import annotations

import pickle
from contextlib import suppress
from types import FunctionType
from typing import Any

from flowc_runtime.values import objects


def references(value: Any) -> tuple[str, ...]:
    """Each as ``module:Qualname``, sorted; as far as the value can be taken apart."""
    looker = _Looker()
    # How it is stored is not decided here.
    with suppress(pickle.PickleError, TypeError, AttributeError, ValueError, RecursionError):
        looker.dump(value)
    names = (objects.reference_to(each) for each in looker.found)
    return tuple(sorted(name for name in names if name))


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, data: object) -> int:
        del data
        return 0


class _Looker(pickle.Pickler):
    """Writes nothing, and notes what it comes across."""

    def __init__(self) -> None:
        super().__init__(_Nowhere(), protocol=5, buffer_callback=lambda _: None)
        self.found: set[Any] = set()

    def persistent_id(self, obj: Any) -> None:
        self.found.add(obj if isinstance(obj, (type, FunctionType)) else type(obj))
