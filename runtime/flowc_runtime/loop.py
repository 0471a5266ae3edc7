"""A small event loop: file descriptors that become readable, timers, ends of child processes.

One thread drives any number of steps, so that nothing has to be locked and a fork never happens
while another thread holds something.
"""

from __future__ import annotations

import os
import select
import signal
import time
from heapq import heappop, heappush

from flowc_runtime.leaving import heeded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flowc_runtime.spawning import Process, Spawner

TICK = 0.2
"""Seconds between two looks at a child where the kernel cannot wake us at its end."""


LONGEST = 86_400.0
"""Seconds that one wait of the kernel's can last at most, here; timers may be later."""


class Timer:
    """Something to call later, once; `cancel` forgets it."""

    __slots__ = ("call", "due")

    def __init__(self, due: float, call: Callable[[], None] | None) -> None:
        self.due = due
        self.call = call

    def cancel(self) -> None:
        self.call = None

    def __lt__(self, other: Timer) -> bool:
        return self.due < other.due


class Loop:
    """Runs callbacks one after the other until told to stop.

    ``spawner`` starts the children whose ends it waits for; without one this process forks.
    """

    __slots__ = ("_poll", "_readers", "_timers", "spawner")

    def __init__(self, spawner: Spawner | None = None) -> None:
        self.spawner = spawner
        self._poll = select.poll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._timers: list[Timer] = []

    def watch(self, file: int, call: Callable[[], None]) -> None:
        """Call whenever ``file`` can be read or has reached its end."""
        self._readers[file] = call
        self._poll.register(file, select.POLLIN)

    def forget(self, file: int) -> None:
        if self._readers.pop(file, None) is not None:
            self._poll.unregister(file)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer(time.monotonic() + seconds, call)
        heappush(self._timers, timer)
        return timer

    def close_files(self) -> None:
        """In a forked child: let go of what belongs to other steps."""
        for file in self._readers:
            os.close(file)

    def run_while(self, condition: Callable[[], bool]) -> None:
        """Handle what happens while ``condition`` holds and something can still happen."""
        while condition() and (self._readers or self._timers):
            self.turn()

    def turn(self, *, wait: bool = True) -> None:
        """Wait for the next thing to happen and handle it; or handle what has happened already."""
        ready = self._poll.poll(self._patience() if wait else 0)
        for file, call in [(file, self._readers.get(file)) for file, _ in ready]:
            # An earlier call may have closed the file, and its number may be another one's now.
            if call is not None and self._readers.get(file) is call:
                call()
        self._fire()

    def _patience(self) -> float | None:
        while self._timers and self._timers[0].call is None:
            heappop(self._timers)
        if not self._timers:
            return None
        # Rounded up: waking a fraction of a millisecond early would spin.
        seconds = min(self._timers[0].due - time.monotonic(), LONGEST)
        return max(0.0, seconds * 1000 + 1)

    def _fire(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0].due <= now:
            call = heappop(self._timers).call
            if call is not None:
                call()


class Signals:
    """While entered, signals that end a run are calls from the loop, not amid other work."""

    __slots__ = ("_before", "_call", "_loop", "_read", "_write")

    def __init__(self, loop: Loop, call: Callable[[int], None]) -> None:
        self._loop = loop
        self._call = call
        self._before: dict[int, Any] = {}
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def __enter__(self) -> None:
        self._loop.watch(self._read, self._on_wake)
        for number in heeded():
            try:
                self._before[number] = signal.signal(number, self._wake)
            except ValueError:
                return  # Only the main thread hears of them.

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._loop.forget(self._read)
        os.close(self._read)
        os.close(self._write)

    def _wake(self, number: int, _: object) -> None:
        os.write(self._write, bytes([number]))

    def _on_wake(self) -> None:
        self._call(os.read(self._read, 1)[0])


class ChildWatch:
    """Calls once when a child has ended; its process id stays taken until `reap` or `release`."""

    __slots__ = ("_call", "_file", "_loop", "_process", "_status", "_timer")

    def __init__(self, loop: Loop, process: Process, call: Callable[[], None]) -> None:
        self._loop = loop
        self._process = process
        self._call = call
        self._status: int | None = None
        self._timer: Timer | None = None
        self._file = _open_pidfd(process.pid)
        if self._file >= 0:
            loop.watch(self._file, self._ended)
        else:
            self._timer = loop.call_later(TICK, self.look)

    def look(self) -> None:
        """Look now: something hints that the child has ended."""
        if self._timer is None:
            return
        self._timer.cancel()
        if self._has_ended():
            self._ended()
        else:
            self._timer = self._loop.call_later(TICK, self.look)

    def reap(self) -> int:
        """The wait status, once the end was called."""
        if self._status is None:
            self._status = self._process.reap()
        return self._status

    def release(self) -> None:
        """Watch no more: the child is ending."""
        self._stop()
        if self._status is None:
            self._process.release()

    def _has_ended(self) -> bool:
        if hasattr(os, "waitid"):
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self._process.pid, options) is not None
        # macOS before Python 3.13 cannot look without reaping.
        pid, status = os.waitpid(self._process.pid, os.WNOHANG)
        if pid:
            self._status = status
        return bool(pid)

    def _ended(self) -> None:
        self._stop()
        self._call()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._file >= 0:
            self._loop.forget(self._file)
            os.close(self._file)
            self._file = -1


def _open_pidfd(pid: int) -> int:
    """-1 on systems without it, and in sandboxes that forbid it."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1
