"""Drives a run: starts what may start, tells the reporter, goes on after a failure.

Steps run in threads that wait for their containers. Everything else, the reporter too, happens in
the calling thread, which takes events from one queue. Ctrl-C and SIGTERM are events as well, so
that they never strike between two lines that belong together: the first asks the containers to
stop, the second removes them.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from flowc_backends.docker.results import Outcome
from flowc_backends.schedule import Schedule
from flowc_runtime.contract import ENDINGS
from flowc_runtime.leaving import heeded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from flowc.ir import Pipeline, Step
    from flowc.registry import Reporter
    from flowc_backends.docker.stops import Stops

INTERRUPTION = ""
"""Stands in an event where otherwise a step's id does."""

Event = tuple[str, "str | Future[Outcome]"]


class Steps(Protocol):
    """What runs steps: one call for each, in any thread."""

    def run_step(self, step: Step, line: Callable[[str], None]) -> Outcome: ...
    def stop(self) -> None:
        """Ask what runs to stop, and return at once."""
        ...

    def obey(self, failed: str) -> None:
        """Stop what runs and does not see the run's stop record, the ``failed`` step apart."""
        ...

    def kill(self) -> None:
        """End what runs now."""
        ...


class Drive:
    """One run's way through its steps. Afterwards ``outcomes`` has each step's."""

    def __init__(
        self,
        pipeline: Pipeline,
        reporter: Reporter,
        steps: Steps,
        max_parallel: int,
        stops: Stops | None = None,
    ) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.interruptions = 0
        self._nodes = {step.id: step for step in pipeline.steps}
        self._schedule = Schedule({step.id: step.upstream for step in pipeline.steps})
        self._reporter = reporter
        self._steps = steps
        self._stops = stops
        self._stopping = ""
        self._limit = max_parallel
        self._pool = ThreadPoolExecutor(self._limit, thread_name_prefix="flowc-step")
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._started: dict[str, float] = {}

    def run(self) -> None:
        """Until every step has ended, or until all that had started have after an interruption."""
        try:
            with signals(self.interrupt):
                self._start_ready()
                while self._started:
                    self._wait()
                    self._obey()
                    self._start_ready()
        finally:
            if self._started:
                self._steps.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
        for step in self._nodes:
            if step not in self.outcomes:
                self._note(step, Outcome(status="cancelled", detail=self._stopping), 0.0)

    def interrupt(self) -> None:
        """May be called from anywhere, a signal's handler too."""
        self._events.put((INTERRUPTION, ""))

    def _wait(self) -> None:
        """Handle the next event, if there is one before the stop record is looked at again."""
        with suppress(queue.Empty):
            self._handle(*self._events.get(timeout=self._stops.pause if self._stops else None))
        if self._stops:
            self._stops.look()

    def _obey(self) -> None:
        """Do what a stop record says that is new."""
        stop = self._stops.record if self._stops else None
        if stop is None or stop["message"] == self._stopping:
            return
        self._stopping = stop["message"]
        if not self.interruptions:
            ending = stop["how"] == "end"
            what = "the containers that run are stopped" if ending else "no more steps are started"
            self._reporter.note(f"{self._stopping}: {what}")
            if ending:
                self._steps.obey(stop["step"])

    def _start_ready(self) -> None:
        if self.interruptions or self._stopping:
            return
        for step in self._schedule.ready(self._limit - len(self._started)):
            self._started[step] = time.monotonic()
            self._reporter.step_started(step)
            future = self._pool.submit(self._steps.run_step, self._nodes[step], self._logger(step))
            future.add_done_callback(self._ender(step))

    def _logger(self, step: str) -> Callable[[str], None]:
        return lambda line: self._events.put((step, line))

    def _ender(self, step: str) -> Callable[[Future[Outcome]], None]:
        return lambda future: self._events.put((step, future))

    def _handle(self, step: str, event: str | Future[Outcome]) -> None:
        if step == INTERRUPTION:
            self._stop()
        elif isinstance(event, str):
            self._reporter.step_log(step, event)
        else:
            self._end(step, event.result())

    def _stop(self) -> None:
        self.interruptions += 1
        if self.interruptions == 1:
            self._reporter.note("stopping the containers; Ctrl-C once more kills them")
            if self._stops:
                self._stops.cancel()
            self._steps.stop()
        else:
            self._reporter.note("killing the containers")
            self._steps.kill()

    def _end(self, step: str, outcome: Outcome) -> None:
        self._note(step, outcome, time.monotonic() - self._started.pop(step))
        if self._stops and outcome.status == "failed":
            self._stops.fail(step)
        for below in self._schedule.finish(step, ok=outcome.ok):
            why = f"upstream '{step}' {ENDINGS[outcome.status]}"
            self._note(below, Outcome(status="skipped", detail=why), 0.0)

    def _note(self, step: str, outcome: Outcome, seconds: float) -> None:
        self.outcomes[step] = outcome
        self._reporter.step_finished(step, outcome.status, seconds, outcome.detail)


def interrupt() -> None:
    """What Ctrl-C does by itself."""
    raise KeyboardInterrupt


def default_parallelism() -> int:
    """Containers spend half of their time starting: more than one for each CPU pays."""
    return min(2 * (os.cpu_count() or 1), 16)


@contextmanager
def signals(call: Callable[[], None]) -> Generator[None]:
    """Ctrl-C, SIGTERM and a closed terminal call this instead; threads other than the main one
    get no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        call()

    before = {number: signal.signal(number, handle) for number in heeded()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
