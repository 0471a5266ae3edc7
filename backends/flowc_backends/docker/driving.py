"""Drives a run: starts what may start, tells the reporter, goes on after a failure.

Steps run in threads that wait for their containers. Everything else, the reporter too, happens in
the calling thread, which takes events from one queue.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowc_backends.docker.results import Outcome
from flowc_backends.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from flowc.ir import Pipeline, Step
    from flowc.registry import Reporter

    RunStep = Callable[[Step, Callable[[str], None]], Outcome]

Event = tuple[str, "str | Future[Outcome]"]


class Drive:
    """One run's way through its steps; ``outcomes`` grows until it holds all of them."""

    def __init__(
        self, pipeline: Pipeline, reporter: Reporter, run_step: RunStep, max_parallel: int
    ) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._steps = {step.id: step for step in pipeline.steps}
        self._schedule = Schedule({step.id: step.upstream for step in pipeline.steps})
        self._reporter = reporter
        self._run_step = run_step
        self._limit = max_parallel or default_parallelism()
        self._pool = ThreadPoolExecutor(self._limit, thread_name_prefix="flowc-step")
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._started: dict[str, float] = {}

    def run(self) -> None:
        """Until every step has ended; KeyboardInterrupt comes through."""
        while not self._schedule.done:
            self._start_ready()
            self._handle(*self._events.get())

    def cancel(self) -> None:
        """Start nothing more, and wait for the steps that have started."""
        self._schedule.stop()
        while self._started:
            self._handle(*self._events.get())
        for step in self._steps:
            if step not in self.outcomes:
                self._note(step, Outcome(status="cancelled"), 0.0)

    def close(self) -> None:
        """Let the threads end; their containers must be gone."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start_ready(self) -> None:
        for step in self._schedule.ready(self._limit - len(self._started)):
            self._started[step] = time.monotonic()
            self._reporter.step_started(step)
            future = self._pool.submit(self._run_step, self._steps[step], self._logger(step))
            future.add_done_callback(self._ender(step))

    def _logger(self, step: str) -> Callable[[str], None]:
        return lambda line: self._events.put((step, line))

    def _ender(self, step: str) -> Callable[[Future[Outcome]], None]:
        return lambda future: self._events.put((step, future))

    def _handle(self, step: str, event: str | Future[Outcome]) -> None:
        if isinstance(event, str):
            self._reporter.step_log(step, event)
            return
        seconds = time.monotonic() - self._started.pop(step)
        outcome = event.result()
        self._note(step, outcome, seconds)
        for below in self._schedule.finish(step, ok=outcome.ok):
            why = f"upstream '{step}' {outcome.status}"
            self._note(below, Outcome(status="skipped", detail=why), 0.0)

    def _note(self, step: str, outcome: Outcome, seconds: float) -> None:
        self.outcomes[step] = outcome
        self._reporter.step_finished(step, outcome.status, seconds, outcome.detail)


def default_parallelism() -> int:
    """Containers spend half of their time starting: more than one for each CPU pays."""
    return min(2 * (os.cpu_count() or 1), 16)


@contextmanager
def interruptible() -> Generator[None]:
    """SIGTERM ends a run as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def uninterruptible() -> Generator[None]:
    """Neither Ctrl-C nor SIGTERM ends what must not be left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
