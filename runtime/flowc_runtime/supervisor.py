"""One step of one run, from its upstream's results to its own.

A `StepRun` never waits for the author's code: that runs in a child, and a `Loop` tells when it
wrote or ended, when a heartbeat or a retry is due. So one process drives the one step of a
container or all the steps of a run on this machine.

What is stored, in this order: the outputs' contents, the attempt's end, the cache entry, the
hooks' records, the result. A crash in between leaves a step that can be gone on with.
"""

from __future__ import annotations

import signal
import time

from flowc_runtime import cache, contract, errors, keys, records, stopping, versions
from flowc_runtime.attempt import Attempt
from flowc_runtime.child import Job, Place, prepare
from flowc_runtime.child import run as run_child
from flowc_runtime.finaliser import finalise
from flowc_runtime.leaving import FORWARDED
from flowc_runtime.loop import Loop, Signals
from flowc_runtime.records import Run, ensure_run, explain
from flowc_runtime.spawning import Process, fork
from flowc_runtime.spawning import start as start_child
from flowc_runtime.stopping import Watch
from flowc_runtime.stores import StoreError, remove_file
from flowc_runtime.task import (
    ENDING,
    STARTING,
    Task,
    keep_outputs,
    last_failure,
    resolve_inputs,
    wait_before,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.child import Report
    from flowc_runtime.contract import (
        ArtifactRecord,
        AttemptRecord,
        ErrorDocument,
        Json,
        ResultRecord,
    )
    from flowc_runtime.hooks import Hooks
    from flowc_runtime.loop import Timer
    from flowc_runtime.stores import LogWriter

__all__ = [
    "FORWARDED",
    "Job",
    "Loop",
    "Place",
    "Process",
    "Run",
    "Signals",
    "StepRun",
    "Task",
    "Watch",
    "ensure_run",
    "explain",
    "finalise",
    "fork",
    "prepare",
    "run_child",
    "start_child",
]
"""What a driver of many steps needs, in one place."""


class StepRun:
    """Drives one step to its result; ``done`` is called once, when ``result`` is stored.

    ``output`` gets what the step writes, in pieces of any size.
    """

    __slots__ = (
        "_attempt", "_cancelled", "_done", "_ending", "_found", "_hooks", "_inputs", "_keyed",
        "_log", "_loop", "_metadata", "_number", "_output", "_record", "_retry", "_staged",
        "_started", "result", "task",
    )  # fmt: skip

    def __init__(
        self,
        task: Task,
        loop: Loop,
        *,
        output: Callable[[bytes], None],
        done: Callable[[StepRun], None],
    ) -> None:
        self.task = task
        self.result: ResultRecord = {}
        self._loop = loop
        self._output = output
        self._done = done
        self._started = time.time()
        self._inputs: dict[str, keys.Resolved] = {}
        self._keyed: tuple[str, dict[str, Json]] = ("", {})
        self._found = cache.Lookup("")
        self._number = max((record["attempt"] for record in task.attempts), default=0)
        self._record: AttemptRecord = {"attempt": 0, "started": 0.0, "heartbeat": 0.0}
        self._staged: list[str] = []
        self._attempt: Attempt | None = None
        self._retry: Timer | None = None
        self._log: LogWriter | None = None
        self._hooks: Hooks | None = None
        self._metadata: dict[str, Json] = {}
        self._cancelled = False
        self._ending = False

    def start(self) -> None:
        """Skip, go on where a lost process stopped, find in the cache, or begin an attempt."""
        try:
            blocked = records.blocking_reason(self.task.step, self.task.upstream)
            if blocked:
                self._finish({"status": "skipped", "reason": blocked})
                return
            if self.task.run.stop is not None and not self._has_ended():
                self._cancel("before it started")
                return
            self._inputs = resolve_inputs(self.task)
        except keys.RequestError as error:
            self._fail(errors.request(str(error)))
            return
        if self.task.step["cache"] and "key" in self.task.step.get("policy", {}):
            from flowc_runtime import keying

            self._attempt = keying.ask(
                self.task, self._inputs, self._loop, output=self._write, ended=self._go_on
            )
        else:
            self._go_on({})

    def _go_on(self, report: Report) -> None:
        """``report`` is of the policy's key function, empty where there is none."""
        self._attempt = None
        if self._cancelled:
            self._cancel("before it started")
            return
        self._set_key(report)
        if not (self._resume() or self._use_cache()):
            result: ResultRecord = {"status": "running", "attempts": self._number + 1}
            self._call_hooks(STARTING, result, self._begin_attempt)

    def cancel(self, number: int) -> None:
        """End the step with a signal; it is recorded as cancelled unless it completes first."""
        self._cancelled = True
        if self._attempt is not None:
            self._attempt.cancel(number)
        elif self._retry is not None:
            self._retry.cancel()
            self._cancel("while waiting to retry")
        elif self._hooks is not None:
            self._hooks.cancel(number)

    def stop(self) -> None:
        """Do what the run's stop record says, once; a step that is about to end may end."""
        stop = self.task.run.stop
        if stop is None or stop["how"] != stopping.END or self._cancelled or self._ending:
            return
        self.cancel(signal.SIGTERM)

    def _cancel(self, when: str) -> None:
        reason = stopping.reason(self.task.run, when)
        # After a signal of its own the engine may start the step again, unless it has a result.
        again = self.task.run.stop is None and self.task.step.get("infrastructure_retries")
        self._finish({"status": "cancelled", "reason": reason}, final=not again)

    def _has_ended(self) -> bool:
        attempts = self.task.attempts
        return bool(attempts and "outputs" in attempts[-1]) or last_failure(self.task) is not None

    def _set_key(self, report: Report) -> None:
        """Without a key, as when the author's function failed, nothing is looked up or kept."""
        step, error = self.task.step, report.get("error")
        if error is None:
            found = versions.here(step)
            self._keyed = keys.cache_key(step, self._inputs, found, report.get("key"))
            return
        self._found = cache.Lookup(f"the key function failed: {error.get('message', '')}")
        self._say(error, "is not cached: its key function failed")

    def _resume(self) -> bool:
        """Whether an earlier process got as far as the end of the last attempt."""
        attempts = self.task.attempts
        if attempts and "outputs" in attempts[-1]:
            self._metadata = attempts[-1].get("metadata", {})
            self._end({"status": "completed", "outputs": attempts[-1]["outputs"]})
            return True
        last = last_failure(self.task)
        if last is not None:
            self._fail(last.get("error", errors.request("the last attempt failed")))
        return last is not None

    def _use_cache(self) -> bool:
        """Whether the step could be finished with the outputs of a cache entry."""
        if not self._keyed[0]:
            return False
        found = self._found = cache.look_up(self.task.run, self.task.step, self._keyed[0])
        if found.outputs is None:
            return False
        self._metadata = found.metadata
        self._end({"status": "cached", "outputs": found.outputs, "origin": found.origin})
        return True

    def _begin_attempt(self) -> None:
        self._retry = None
        if self._cancelled:
            self._cancel("before it started")
            return
        run, step = self.task.run, self.task.step
        self._record = records.claim_attempt(
            run, step["id"], self.task.generation, self._number + 1
        )
        self._number = self._record["attempt"]
        try:
            paths = {
                artifact["digest"]: run.store.local_path(contract.cas_key(artifact["digest"]))
                for resolved in self._inputs.values()
                for artifact in keys.artifacts(resolved)
            }
            self._staged = [run.store.stage() for _ in step["outputs"]]
        except StoreError as error:
            self._end_attempt({"error": errors.describe(error, "input")})
            return
        job = Job(step, self._inputs, paths, self._staged, self.task.place)
        job.attempt = self._number
        job.run, job.run_name, job.pipeline = run.id, run.name, run.spec["pipeline"]
        self._attempt = Attempt(
            self._loop,
            job,
            output=self._write,
            beat=self._beat,
            ended=self._end_attempt,
            limit=step.get("timeout"),
            redactor=run.redactor(),
        )

    def _beat(self) -> None:
        if self._record["attempt"]:
            self._record["heartbeat"] = time.time()
            self._put_record()
        if self._log is not None:
            self._log.flush()

    def _put_record(self) -> None:
        task = self.task
        records.put_attempt(task.run, task.step["id"], task.generation, self._record)

    def _write(self, data: bytes) -> None:
        if self._log is None:
            task = self.task
            key = contract.log_key(task.run.id, task.step["id"], task.generation)
            self._log = task.run.store.log(key)
        self._log.write(data)
        self._output(data)

    def _end_attempt(self, report: Report) -> None:
        self._attempt = None
        outputs = keep_outputs(self.task, self._staged, report)
        for path in self._staged:
            remove_file(path)
        if report.get("damaged"):
            self.task.run.store.delete(contract.cas_key(report["damaged"]))
        self._record["ended"] = time.time()
        self._metadata = report.get("metadata", {})
        if "error" not in report:
            self._complete(outputs)
        elif self._cancelled:
            self._note_end("cancelled", report["error"])
            self._cancel("while it ran")
        else:
            self._retry_or_fail(report)

    def _note_end(self, outcome: str, error: ErrorDocument | None = None) -> None:
        self._record["outcome"] = outcome
        if error is not None:
            self._record["error"] = error
        self._put_record()

    def _complete(self, outputs: dict[str, ArtifactRecord]) -> None:
        self._record["outputs"] = outputs
        if self._metadata:
            self._record["metadata"] = self._metadata
        self._note_end("completed")
        task, found = self.task, self._found
        if task.step["cache"] and self._keyed[0]:
            cache.put_entry(task, self._keyed, outputs, self._metadata, replace=found.broken)
        self._end({"status": "completed", "outputs": outputs})

    def _retry_or_fail(self, report: Report) -> None:
        error: ErrorDocument = report["error"]
        retry = self.task.step["retry"]
        failed = 1 + sum(record.get("outcome") == "failed" for record in self.task.attempts)
        final = "final" in report or failed > retry["max_retries"]
        if final:
            self._record["final"] = True
        self._note_end("failed", error)
        self.task.attempts.append(self._record)
        if final:
            self._say(error, f"failed in attempt {self._number}")
            self._fail(error, report.get("exception", ""))
            return
        seconds = wait_before(retry, failed)
        self._say(error, f"failed in attempt {self._number}, next attempt in {seconds:g} s")
        self._retry = self._loop.call_later(seconds, self._begin_attempt)

    def _say(self, error: ErrorDocument, what: str) -> None:
        """Tell the log what an engine's user interface would not know otherwise."""
        shown = error.get("traceback") or error.get("message", "")
        text = f"{shown.rstrip()}\nflowc: step '{self.task.step['id']}' {what}\n"
        self._write(text.encode())

    def _fail(self, error: ErrorDocument, exception: str = "") -> None:
        stopping.note_failure(self.task.run, self.task.step["id"])
        self._end({"status": "failed", "error": error}, exception)

    def _end(self, result: ResultRecord, exception: str = "") -> None:
        """Call the hooks of this end, then store the result."""
        self._ending = True
        result["reason"] = self._found.reason
        result["attempts"] = self._number
        events = ENDING[result.get("status", "")]
        self._call_hooks(events, result, lambda: self._finish(result), exception)

    def _call_hooks(
        self,
        events: tuple[str, ...],
        result: ResultRecord,
        then: Callable[[], None],
        exception: str = "",
    ) -> None:
        task = self.task
        if not (task.step.get("hooks") or task.run.spec.get("hooks")):
            then()
            return
        if self._hooks is None:
            from flowc_runtime.hooks import Hooks

            self._hooks = Hooks(
                task, self._inputs, self._loop, output=self._write, beat=self._beat
            )
        self._hooks.call(events, result, then, exception)

    def _finish(self, result: ResultRecord, *, final: bool = True) -> None:
        """Store the result, unless it is not ``final``."""
        if self._log is not None:
            self._log.close()
        if self._hooks is not None:
            self._metadata.update(self._hooks.metadata)
        if self._metadata:
            result["metadata"] = self._metadata
        result["attempts"] = self._number
        result["started"] = self._started
        result["ended"] = time.time()
        if self._keyed[0]:
            result["cache_key"] = self._keyed[0]
        task = self.task
        if result.get("status") == "failed" and self._keyed[0]:
            result["ingredients"] = self._keyed[1]
            result["code"] = keys.code_parts(task.run.spec, task.step)
        if final:
            result = records.put_result(task.run, task.step["id"], task.generation, result)
        self.result = result
        self._done(self)
