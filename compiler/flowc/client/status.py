"""The status of steps and runs, derived from records and never written, so it cannot go stale.

A step, by its latest generation:

==========================================  ===================================================
its records                                 status
==========================================  ===================================================
a result                                    the result's: completed, cached, failed, skipped,
                                            cancelled
an attempt that has not ended               running; lost when its heartbeat is too old
an attempt that ended as lost               lost
an attempt that ended otherwise             running: what follows (storing outputs, hooks, the
                                            wait before a retry) is part of it; lost when that
                                            takes too long, pending when it was cancelled and
                                            the engine may start it again
none                                        skipped when a step upstream of it failed, was skipped
                                            or cancelled; else cancelled when the run has a stop
                                            record, as nothing more starts then; else pending
==========================================  ===================================================

A run, the first that holds:

1. a step is running: running.
2. a step is pending, and not behind a lost one: running, because an engine may keep it queued for
   as long as it likes. On this machine nothing queues: there it is lost once all is silent.
3. a step is pending behind a lost one, or was lost and nobody noted it: lost.
4. somebody cancelled the run (its stop record says so), and a step was cancelled: cancelled, also
   when another one had failed before that.
5. a step failed, or was lost and noted (the finaliser did, so nothing more will come): failed.
   This beats cancelled, as a failure cancels what still runs in some execution modes.
6. a step was cancelled: failed when the stop record says that the run's time was over; else
   cancelled.
7. a step was skipped: failed, since something upstream of it did not complete, also when a rerun
   by hand mended that afterwards.
8. every step completed or was cached: completed.
"""

from __future__ import annotations

from flowc_runtime import contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.client.records import RunRecords, StepRecords
    from flowc_runtime.contract import AttemptRecord, StopRecord

MACHINE_TARGETS = frozenset({"local", "docker"})
"""Targets whose driver runs on somebody's machine, without a queue that may hold a step back."""

ENDED_BADLY = frozenset({"failed", "skipped", "cancelled"})


class State:
    """A step's status, why, and whether its loss was noted by the runtime."""

    __slots__ = ("noted", "reason", "status")

    def __init__(self, status: str, reason: str = "", *, noted: bool = False) -> None:
        self.status = status
        self.reason = reason
        self.noted = noted


def step_states(records: RunRecords, now: float) -> dict[str, State]:
    """The state of each step. The pipeline's order puts every step after its upstream."""
    states: dict[str, State] = {}
    for step in records.steps.values():
        states[step.id] = _recorded(step, now) or _unrecorded(step, states, records.stop)
    return states


def run_status(records: RunRecords, states: dict[str, State], now: float) -> str:
    """The rule of this module's docstring."""
    found = {state.status for state in states.values()}
    if "running" in found:
        return "running"
    queued, stuck = _pending(records, states)
    silent = now - records.last_sign > contract.LOST_AFTER
    if queued:
        on_machine = records.run.get("target") in MACHINE_TARGETS
        return "lost" if on_machine and silent else "running"
    lost = [state for state in states.values() if state.status == "lost"]
    if stuck or not all(state.noted for state in lost):
        return "lost"
    return _ended_status(found, records.stop["reason"] if records.stop is not None else "")


def _ended_status(found: set[str], why: str) -> str:
    """Rules 4 to 8; ``why`` is the stop record's reason."""
    if "cancelled" in found and why == "cancelled":
        return "cancelled"
    if not found.isdisjoint(("failed", "lost")):
        return "failed"
    if "cancelled" in found:
        return "failed" if why == "timeout" else "cancelled"
    return "failed" if "skipped" in found else "completed"


def _recorded(step: StepRecords, now: float) -> State | None:
    """The state that a step's own records give; None when there are none."""
    if step.result is not None:
        status = step.result.get("status", "")
        return State(status, noted=status == "lost")
    if not step.attempts:
        return None
    last = step.attempts[-1]
    if last.get("outcome") == "lost":
        return State("lost", "its process or container ended without a result", noted=True)
    silence = now - step.last_sign
    if silence > contract.LOST_AFTER + _wait(step, last):
        lost = State("lost", f"no heartbeat for {silence:.0f} s")
        return None if last.get("outcome") == "cancelled" else lost
    if last.get("outcome") == "failed":
        return State("running", f"attempt {last.get('attempt')} failed")
    return State("running")


def _wait(step: StepRecords, last: AttemptRecord) -> float:
    """How long a step may be silent between two attempts."""
    if last.get("outcome") != "failed":
        return 0.0
    failed = sum(attempt.get("outcome") == "failed" for attempt in step.attempts)
    delay = float(step.retry.get("delay", 0.0))
    limit = step.retry.get("max_delay")
    try:
        seconds = delay and delay * float(step.retry.get("backoff", 1.0)) ** (failed - 1)
    except OverflowError:
        seconds = float("inf")
    return seconds if limit is None else min(seconds, float(limit))


def _unrecorded(step: StepRecords, states: dict[str, State], stop: StopRecord | None) -> State:
    for upstream in step.upstream:
        above = states.get(upstream)
        if above is not None and above.status in ENDED_BADLY:
            return State("skipped", f"upstream '{upstream}' {contract.ENDINGS[above.status]}")
    if stop is not None:
        return State("cancelled", stop["message"])
    return State("pending")


def _pending(records: RunRecords, states: dict[str, State]) -> tuple[list[str], list[str]]:
    """Pending steps that could start some day, and those behind a lost one."""
    queued: list[str] = []
    stuck: list[str] = []
    behind = {id_ for id_, state in states.items() if state.status == "lost"}
    for step in records.steps.values():
        if states[step.id].status != "pending":
            continue
        if behind.isdisjoint(step.upstream):
            queued.append(step.id)
        else:
            behind.add(step.id)
            stuck.append(step.id)
    return queued, stuck
