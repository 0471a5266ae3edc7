"""Which invocations may start now: the order of a run, without any clock or process."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Schedule:
    """Hands out each invocation once, when everything upstream of it has ended well.

    The first ids of ``upstream`` start first.
    """

    def __init__(self, upstream: Mapping[str, Sequence[str]]) -> None:
        self._waits_for = {step: len(set(above)) for step, above in upstream.items()}
        self._downstream: dict[str, list[str]] = {step: [] for step in upstream}
        for step, above in upstream.items():
            for other in dict.fromkeys(above):
                self._downstream[other].append(step)
        self._ready = deque(step for step, count in self._waits_for.items() if not count)
        self._open = set(upstream)

    def ready(self, limit: int) -> list[str]:
        """Take up to ``limit`` invocations that may start now."""
        count = min(limit, len(self._ready))
        return [self._ready.popleft() for _ in range(count)]

    def finish(self, step: str, *, ok: bool) -> list[str]:
        """Note the end of ``step``; returns what can no longer start because of it."""
        self._open.discard(step)
        if not ok:
            return self._skip_below(step)
        for below in self._downstream[step]:
            self._waits_for[below] -= 1
            if not self._waits_for[below] and below in self._open:
                self._ready.append(below)
        return []

    def _skip_below(self, step: str) -> list[str]:
        skipped: list[str] = []
        queue = deque(self._downstream[step])
        while queue:
            below = queue.popleft()
            if below in self._open:
                self._open.discard(below)
                skipped.append(below)
                queue.extend(self._downstream[below])
        return skipped
