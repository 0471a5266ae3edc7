"""Why a run is to end before its steps do, as the driver of its containers sees it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from flowc_runtime import stopping
from flowc_runtime.stores import StoreError

if TYPE_CHECKING:
    from flowc.registry import RunOptions
    from flowc_runtime.contract import StopRecord
    from flowc_runtime.stores import Store


class Stops:
    """The run's stop record; asked often, it looks into the store from time to time."""

    def __init__(self, store: Store, options: RunOptions) -> None:
        self._run = stopping.follow(store, options.run, options.spec)
        self._next = time.time() + self.pause

    @property
    def record(self) -> StopRecord | None:
        return self._run.stop

    @property
    def pause(self) -> float:
        """How long it can wait until the next look."""
        return stopping.pause(self._run)

    def look(self) -> None:
        if time.time() < self._next:
            return
        with suppress(StoreError):  # out of reach for now; there will be a next time
            stopping.look(self._run)
        self._next = time.time() + self.pause

    def fail(self, step: str) -> None:
        """A step failed; its supervisor said so too, unless it went down with its container."""
        with suppress(StoreError):
            stopping.note_failure(self._run, step)

    def cancel(self) -> None:
        with suppress(StoreError):
            stopping.note(self._run, stopping.cancelled())
