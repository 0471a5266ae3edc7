"""One step of one run, from its upstream's results to its own.

A `StepRun` never waits for the author's code: that runs in a child, and a `Loop` tells when it
wrote or ended, when a heartbeat or a retry is due. So one process drives the one step of a
container or all the steps of a run on this machine.

What is stored, in this order: the outputs' contents, the attempt's end, the cache entry, the
result. A crash in between leaves a step that can be run again.
"""

from __future__ import annotations

import os
import time

from flowc_runtime import cache, contract, errors, keys, records
from flowc_runtime.attempt import Attempt
from flowc_runtime.child import Job, Place
from flowc_runtime.finaliser import finalise
from flowc_runtime.loop import Loop, Signals
from flowc_runtime.records import Run, ensure_run, explain
from flowc_runtime.stores import StoreError, remove_file
from flowc_runtime.task import Task, last_failure, resolve_inputs, wait_before

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
    from flowc_runtime.loop import Timer
    from flowc_runtime.stores import LogWriter
__all__ = [
    "Loop",
    "Place",
    "Run",
    "Signals",
    "StepRun",
    "Task",
    "ensure_run",
    "explain",
    "finalise",
]
"""What a driver of many steps needs, in one place."""


class StepRun:
    """Drives one step to its result; ``done`` is called once, when ``result`` is stored.

    ``output`` gets what the step writes, in pieces of any size.
    """

    __slots__ = (
        "_attempt", "_cancelled", "_done", "_found", "_inputs", "_keyed", "_log", "_loop",
        "_number", "_output", "_record", "_retry", "_staged", "_started", "result", "task",
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
        self._cancelled = False

    def start(self) -> None:
        """Skip, find in the cache, or begin the first attempt."""
        try:
            blocked = records.blocking_reason(self.task.step, self.task.upstream)
            if blocked:
                self._finish({"status": "skipped", "reason": blocked})
                return
            self._resolve()
        except keys.RequestError as error:
            self._fail(errors.request(str(error)))
            return
        if not self._use_cache():
            self._attempt_or_fail()

    def cancel(self, number: int) -> None:
        """End the step with a signal; it is recorded as cancelled unless it completes first."""
        self._cancelled = True
        if self._attempt is not None:
            self._attempt.cancel(number)
        elif self._retry is not None:
            self._retry.cancel()
            self._finish({"status": "cancelled", "reason": "cancelled while waiting to retry"})

    def _resolve(self) -> None:
        self._inputs = resolve_inputs(self.task)
        self._keyed = keys.cache_key(self.task.step, self._inputs)

    def _use_cache(self) -> bool:
        """Whether the step could be finished with the outputs of a cache entry."""
        self._found = cache.look_up(self.task.run, self.task.step, self._keyed[0])
        if self._found.outputs is None:
            return False
        self._finish(
            {
                "status": "cached",
                "outputs": self._found.outputs,
                "reason": self._found.reason,
                "origin": self._found.origin,
            }
        )
        return True

    def _attempt_or_fail(self) -> None:
        last = last_failure(self.task)
        if last is None:
            self._begin_attempt()
        else:
            self._fail(last.get("error", errors.request("the last attempt failed")))

    def _begin_attempt(self) -> None:
        self._retry = None
        run, step = self.task.run, self.task.step
        self._claim_attempt()
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
        )

    def _claim_attempt(self) -> None:
        task, now = self.task, time.time()
        claimed = False
        while not claimed:
            self._number += 1
            self._record = {
                "attempt": self._number,
                "started": now,
                "heartbeat": now,
                "host": os.uname().nodename,
                "pid": os.getpid(),
            }
            key = contract.attempt_key(task.run.id, task.step["id"], task.generation, self._number)
            claimed = task.run.store.put_if_absent(key, records.dump(self._record))

    def _beat(self) -> None:
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
        outputs = self._keep_outputs(report)
        for path in self._staged:
            remove_file(path)
        if report.get("damaged"):
            self.task.run.store.delete(contract.cas_key(report["damaged"]))
        self._record["ended"] = time.time()
        if "error" not in report:
            self._complete(outputs)
        elif self._cancelled:
            self._note_end("cancelled", report["error"])
            self._finish({"status": "cancelled", "reason": "cancelled while it ran"})
        else:
            self._retry_or_fail(report["error"], final="final" in report)

    def _keep_outputs(self, report: Report) -> dict[str, ArtifactRecord]:
        """Move what the child staged to its place; a store that refuses it fails the attempt."""
        outputs: dict[str, ArtifactRecord] = {}
        staged = zip(
            self.task.step["outputs"], self._staged, report.get("outputs", ()), strict=False
        )
        try:
            for spec, path, artifact in staged:
                self.task.run.store.adopt(path, artifact["digest"])
                outputs[spec["name"]] = artifact
        except StoreError as error:
            report["error"] = errors.describe(error, "output")
        return outputs

    def _note_end(self, outcome: str, error: ErrorDocument | None = None) -> None:
        self._record["outcome"] = outcome
        if error is not None:
            self._record["error"] = error
        self._put_record()

    def _complete(self, outputs: dict[str, ArtifactRecord]) -> None:
        self._note_end("completed")
        task = self.task
        if task.step["cache"]:
            broken = self._found.broken
            cache.put_entry(task.run, task.step, self._keyed, outputs, replace=broken)
        self._finish({"status": "completed", "outputs": outputs, "reason": self._found.reason})

    def _retry_or_fail(self, error: ErrorDocument, *, final: bool) -> None:
        retry = self.task.step["retry"]
        failed = 1 + sum(record.get("outcome") == "failed" for record in self.task.attempts)
        final = final or failed > retry["max_retries"]
        if final:
            self._record["final"] = True
        self._note_end("failed", error)
        self.task.attempts.append(self._record)
        if final:
            self._say(error, f"failed in attempt {self._number}")
            self._fail(error)
            return
        seconds = wait_before(retry, failed)
        self._say(error, f"failed in attempt {self._number}, next attempt in {seconds:g} s")
        self._retry = self._loop.call_later(seconds, self._begin_attempt)

    def _say(self, error: ErrorDocument, what: str) -> None:
        """Tell the log what an engine's user interface would not know otherwise."""
        shown = error.get("traceback") or error.get("message", "")
        text = f"{shown.rstrip()}\nflowc: step '{self.task.step['id']}' {what}\n"
        self._write(text.encode())

    def _fail(self, error: ErrorDocument) -> None:
        self._finish({"status": "failed", "error": error, "reason": self._found.reason})

    def _finish(self, result: ResultRecord) -> None:
        if self._log is not None:
            self._log.close()
        result["attempts"] = self._number
        result["started"] = self._started
        result["ended"] = time.time()
        if self._keyed[0]:
            result["cache_key"] = self._keyed[0]
        task = self.task
        self.result = records.put_result(task.run, task.step["id"], task.generation, result)
        self._done(self)
