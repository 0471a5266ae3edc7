"""The last act of a run on every target: says of each invocation how it ended.

==============================================  ============================================
what the store holds of an invocation           what is written
==============================================  ============================================
a result                                        nothing
no result, but its last attempt ended           the result that follows: `completed`, `failed`
no result, its last attempt never ended         the attempt ends as `lost`, and so is the
                                                invocation, which gets no result; `cancelled`
                                                when the run was being ended meanwhile
no result, its last attempt was cancelled       `cancelled`: the engine did not start it again
nothing, something upstream did not complete    `skipped`, naming that
nothing, and all its upstream completed         `cancelled`: the run ended before it started,
                                                or was stopped
==============================================  ============================================

An attempt that has not ended may be ending right now: an engine that cancels a run stops its
containers and starts the last one at the same time. It gets as long as it shows signs of life,
within limits.

Hooks that are due and that nobody has claimed are called, on_cleanup last.

The run went well when every invocation was completed or cached.
"""

from __future__ import annotations

import os
import time

from flowc_runtime import contract, errors, keys, records, stopping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowc_runtime.closing import Closing, Places
    from flowc_runtime.contract import AttemptRecord, ResultRecord, StepSpec
    from flowc_runtime.records import Generation, Run


LOOK = 0.25
"""Seconds between two looks at an attempt that may be ending."""


def finalise(
    run: Run,
    known: Mapping[str, ResultRecord] | None = None,
    *,
    places: Places | None = None,
    output: Callable[[bytes], None] | None = None,
) -> dict[str, ResultRecord]:
    """The result of each invocation; `lost` ones have no result in the store, only here.

    ``known`` are results that the caller has stored itself. ``places`` and ``output`` are those of
    `Closing`; without them no hook is called.
    """
    records.ensure_run(run)
    records.mend_listing(run)
    run.stop = stopping.read(run.store, run.id)
    closing = None
    if places is not None and _has_hooks(run):
        from flowc_runtime.closing import Closing

        closing = Closing(run, places, output or _ignore)
    results = dict(known or {})
    patience = _Patience()
    for step in run.spec["steps"]:
        if step["id"] not in results:
            _let_end(run, step, patience)
            results[step["id"]] = _finalise_step(run, step, results, closing)
    if closing is not None:
        closing.end_run(results)
    return results


def _has_hooks(run: Run) -> bool:
    return bool(run.spec.get("hooks") or any(step.get("hooks") for step in run.spec["steps"]))


def _ignore(_: bytes) -> None: ...


def went_well(results: Mapping[str, ResultRecord]) -> bool:
    return all(keys.is_usable(result) for result in results.values())


class _Patience:
    """How long all attempts together may take to end: ``silent`` without a sign of life."""

    __slots__ = ("longest", "silent")

    def __init__(self) -> None:
        now = time.monotonic()
        self.silent = now + contract.HEARTBEAT + 2 * LOOK
        self.longest = now + contract.STOPPING


def _let_end(run: Run, step: StepSpec, patience: _Patience) -> None:
    """Wait while the step's attempt may be ending, in a process that is not ours to ask."""
    if run.stop is not None and run.stop["how"] == stopping.END:
        return  # it is known to be ended, and counts as cancelled
    generation = records.latest_generation(run.store, run.id, step["id"])
    if generation.has_result or not generation.attempts:
        return
    key = contract.attempt_key(run.id, step["id"], generation.number, max(generation.attempts))
    first: AttemptRecord | None = records.read(run.store, key)
    last = first
    while first is not None and last is not None and _may_live(last):
        beats = last["heartbeat"] != first["heartbeat"]
        if time.monotonic() > (patience.longest if beats else patience.silent):
            return
        time.sleep(LOOK)
        last = records.read(run.store, key)


def _may_live(attempt: AttemptRecord) -> bool:
    if "outcome" in attempt or time.time() - attempt["heartbeat"] > contract.LOST_AFTER:
        return False
    if attempt.get("host") != os.uname().nodename:
        return True
    try:
        os.kill(attempt.get("pid", 0), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return attempt.get("pid") != os.getpid()


def _finalise_step(
    run: Run, step: StepSpec, results: dict[str, ResultRecord], closing: Closing | None
) -> ResultRecord:
    generation = records.latest_generation(run.store, run.id, step["id"])
    if generation.has_result:
        result = records.read_result(run.store, run.id, step["id"], generation.number)
        if result is not None:
            return result
    if generation.has_begun:
        ended = _judge(run, step, generation)
        if closing is not None:
            closing.end_step(step, generation.number, ended, results)
        if ended.get("status") == "lost":
            return ended
        return records.put_result(run, step["id"], generation.number, ended)
    now = time.time()
    blocked = records.blocking_reason(step, results)
    unstarted: ResultRecord = {
        "status": "skipped" if blocked else "cancelled",
        "reason": blocked or _why_unstarted(run),
        "attempts": 0,
        "started": now,
        "ended": now,
    }
    return records.put_result(run, step["id"], max(1, generation.number), unstarted)


def _why_unstarted(run: Run) -> str:
    if run.stop is None:
        return "the run ended before it started"
    return stopping.reason(run, "before it started")


def _judge(run: Run, step: StepSpec, generation: Generation) -> ResultRecord:
    """What an invocation has come to whose process is gone."""
    attempts = records.close_attempts(run, step["id"], generation)
    last: AttemptRecord = (
        attempts[-1] if attempts else {"attempt": 0, "started": 0, "heartbeat": 0}
    )
    ended: ResultRecord = {"status": "lost", "reason": "its process ended without a result"}
    ended["attempts"] = last["attempt"]
    if "outputs" in last:
        ended["status"] = "completed"
        ended["outputs"] = last["outputs"]
    elif last.get("final"):
        ended["status"] = "failed"
        ended["error"] = last.get("error", errors.lost())
    elif last.get("outcome") == "cancelled":
        ended["status"] = "cancelled"
        ended["reason"] = stopping.reason(run, "while it ran")
    elif _was_being_ended(run, step, last):
        ended["status"] = "cancelled"
        ended["reason"] = stopping.reason(run, "and killed")
    if attempts:
        ended["started"] = attempts[0]["started"]
        ended["ended"] = last.get("ended", last["heartbeat"])
    if last.get("metadata"):
        ended["metadata"] = last.get("metadata", {})
    return ended


def _was_being_ended(run: Run, step: StepSpec, last: AttemptRecord) -> bool:
    """Whether an attempt was under way when the run's end was asked for, by others than itself."""
    stop = run.stop
    if stop is None or stop["how"] != stopping.END or stop["step"] == step["id"]:
        return False
    return last["started"] <= stop["at"] <= last["heartbeat"] + contract.LOST_AFTER
