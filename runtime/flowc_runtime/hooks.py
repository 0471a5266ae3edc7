"""The author's hooks: each called at most once, in a child of its own, and of no consequence.

A call is claimed in the store before it begins, its outcome is written after it. Whoever finds a
claim of somebody else's leaves the hook alone, so that a crash at any instant can lose a call but
never double it; a claim without an outcome is reported in the log.

The hooks of an ended step are called after its last attempt is recorded and before its result is
stored: a process that takes over finds either no result, and the claims tell what is left to call,
or a result, and nothing is.
"""

from __future__ import annotations

import os
import time

from flowc_runtime import contract, records
from flowc_runtime.attempt import GRACE, Attempt
from flowc_runtime.child import Job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.child import Report
    from flowc_runtime.contract import HookRecord, HookSpec, Json, ResultRecord
    from flowc_runtime.keys import Resolved
    from flowc_runtime.loop import Loop, Timer
    from flowc_runtime.task import Task

LIMIT = 60.0
"""Seconds after which a hook is ended."""

LOOK = 0.2
"""Seconds between two looks at somebody else's on_init."""

RUN_EVENTS = ("on_init", "on_cleanup")


class Hooks:
    """Calls the hooks of one step, one after the other; of no more than one moment at a time.

    ``metadata`` is what they logged.
    """

    __slots__ = (
        "_attempt", "_beat", "_exception", "_inputs", "_loop", "_output", "_queue", "_record",
        "_result", "_task", "_then", "_until", "_wait", "metadata",
    )  # fmt: skip

    def __init__(
        self,
        task: Task,
        inputs: dict[str, Resolved],
        loop: Loop,
        *,
        output: Callable[[bytes], None],
        beat: Callable[[], None],
    ) -> None:
        self.metadata: dict[str, Json] = {}
        self._task = task
        self._inputs = inputs
        self._loop = loop
        self._output = output
        self._beat = beat
        self._queue: list[str] = []
        self._result: ResultRecord = {}
        self._exception = ""
        self._then: Callable[[], None] = _nothing
        self._record: HookRecord = {}
        self._attempt: Attempt | None = None
        self._wait: Timer | None = None
        self._until = 0.0

    def call(
        self,
        events: tuple[str, ...],
        result: ResultRecord,
        then: Callable[[], None],
        exception: str = "",
    ) -> None:
        """Call the hooks of these events, and ``then`` when the last has ended.

        ``result`` is what the step has come to; ``exception`` is what `exceptions.pack` made of
        the author's exception.
        """
        self._queue = [event for event in events if self._spec(event) is not None]
        self._result = result
        self._exception = exception
        self._then = then
        self._next()

    def cancel(self, number: int) -> None:
        """Forward a signal to the hook that runs; the others of a step's end are called too."""
        if self._result.get("status") == "running":
            self._queue.clear()
        if self._attempt is not None:
            self._attempt.cancel(number)
        elif self._wait is not None:
            self._wait.cancel()
            self._wait = None
            self._next()

    def _spec(self, event: str) -> HookSpec | None:
        if event in RUN_EVENTS:
            return self._task.run.spec.get("hooks", {}).get(event)
        return self._task.step.get("hooks", {}).get(event)

    def _key(self, event: str) -> str:
        task = self._task
        if event in RUN_EVENTS:
            return contract.run_hook_key(task.run.id, event)
        return contract.hook_key(task.run.id, task.step["id"], task.generation, event)

    def _next(self) -> None:
        while self._queue:
            event = self._queue.pop(0)
            spec = self._spec(event)
            if spec is None:
                continue
            if self._claim(event, spec):
                self._begin(event, spec)
                return
            if self._must_wait(event):
                return
        self._then()

    def _claim(self, event: str, spec: HookSpec) -> bool:
        self._record = {
            "hook": event,
            "function": f"{spec['module']}:{spec['qualname']}",
            "claimed": time.time(),
            "host": os.uname().nodename,
            "pid": os.getpid(),
        }
        data = records.dump(self._record)
        return self._task.run.store.put_if_absent(self._key(event), data)

    def _begin(self, event: str, spec: HookSpec) -> None:
        task, result = self._task, self._result
        job = Job(task.step, self._inputs, {}, [], task.place)
        job.attempt = result.get("attempts", 0)
        job.run, job.run_name, job.pipeline = task.run.id, task.run.name, task.run.spec["pipeline"]
        job.hook = {
            "event": event,
            "module": spec["module"],
            "qualname": spec["qualname"],
            "status": result.get("status", "running"),
            "error": result.get("error"),
            "exception": self._exception,
            "outputs": result.get("outputs", {}),
            "store": task.run.store.uri,
        }
        self._attempt = Attempt(
            self._loop,
            job,
            output=self._output,
            beat=self._beat,
            ended=self._end,
            limit=LIMIT,
            redactor=task.run.redactor(),
        )

    def _end(self, report: Report) -> None:
        self._attempt = None
        self.metadata.update(report.get("metadata", {}))
        record, event = self._record, self._record.get("hook", "")
        record["ended"] = time.time()
        record["outcome"] = "failed" if "error" in report else "completed"
        if "error" in report:
            error = record["error"] = report["error"]
            shown = error.get("traceback") or error.get("message", "")
            self._say(f"{shown.rstrip()}\nflowc: {self._title(event)} failed\n")
        self._task.run.store.put(self._key(event), records.dump(record))
        self._next()

    def _must_wait(self, event: str) -> bool:
        """Report what somebody else began and did not end, or begin to wait for it.

        Only on_init is waited for: it is promised to be over before any step begins.
        """
        theirs: HookRecord | None = records.read(self._task.run.store, self._key(event))
        if theirs is None or "outcome" in theirs:
            return False
        longest = LIMIT + GRACE + 1
        if event == "on_init" and time.time() < theirs.get("claimed", 0.0) + longest:
            # Their clock may be another one: what has been waited here counts too.
            self._until = self._until or time.monotonic() + longest
            if time.monotonic() < self._until:
                self._wait = self._loop.call_later(LOOK, lambda: self._look(event))
                return True
        self._say(
            f"flowc: {self._title(event)} was begun by process {theirs.get('pid')} on "
            f"{theirs.get('host')}, its outcome is not known, and it is not called again\n"
        )
        return False

    def _look(self, event: str) -> None:
        self._wait = None
        if not self._must_wait(event):
            self._next()

    def _title(self, event: str) -> str:
        where = "the run" if event in RUN_EVENTS else f"step '{self._task.step['id']}'"
        return f"{event} of {where}"

    def _say(self, text: str) -> None:
        self._output(text.encode())


def _nothing() -> None: ...
