"""The stop record: why a run ends before its steps do. Whoever takes part in the run reads it.

==============  =========================================================  =====================
``reason``      who writes it                                              ``how``
==============  =========================================================  =====================
``failure``     the supervisor or driver whose ``step`` has finally        ``end`` in fail_fast,
                failed, before the step's hooks and result                 ``drain`` in
                                                                           stop_on_failure
``timeout``     whoever sees first that the run's time is over             ``end``
``cancelled``   a person: `flowc cancel`, Ctrl-C                           ``end``
==============  =========================================================  =====================

Nothing more is started once it is there. With ``end`` the steps that run are ended, and recorded
as cancelled; with ``drain`` they go on to their own end, retries included. Whoever comes first
wins; only an ``end`` replaces a ``drain``.

A rerun by hand on the engine is a new generation of its steps: a record older than that is not
about it, and its time counts from its own start.
"""

from __future__ import annotations

import time

from flowc_runtime import contract, records
from flowc_runtime.stores import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.contract import PipelineSpec, StopRecord
    from flowc_runtime.loop import Loop
    from flowc_runtime.records import Run
    from flowc_runtime.stores import Store

END = "end"
DRAIN = "drain"
HOW = {"fail_fast": END, "stop_on_failure": DRAIN}
"""What a failed step means for the others, by the pipeline's execution mode."""

QUICK = 1.0
"""Seconds between two looks where a look is cheap, or somebody asked for haste."""


def read(store: Store, run: str) -> StopRecord | None:
    found: StopRecord | None = records.read(store, contract.stop_key(run))
    return found


def put(store: Store, run: str, stop: StopRecord, since: float = 0.0) -> StopRecord:
    """Put the record and return the one that counts; one from before ``since`` is replaced."""
    key, data = contract.stop_key(run), records.dump(stop)
    if store.put_if_absent(key, data):
        return stop
    theirs = read(store, run)
    if theirs is not None and theirs["at"] >= since and theirs["how"] in (END, stop["how"]):
        return theirs
    store.put(key, data)
    return stop


def follow(store: Store, run: str, spec: PipelineSpec) -> Run:
    """A run whose steps are driven elsewhere, for somebody who wants to know when to stop."""
    return records.Run(run, spec, store, {})


def cancelled(message: str = "the run was cancelled") -> StopRecord:
    return {"reason": "cancelled", "how": END, "step": "", "message": message, "at": time.time()}


def note_failure(run: Run, step: str) -> None:
    """Stop the run when that is what its execution mode makes of a failed step."""
    how = HOW.get(run.spec.get("execution_mode", ""))
    if how is not None:
        message = f"step '{step}' failed"
        note(run, {"reason": "failure", "how": how, "step": step, "message": message, "at": 0.0})


def note(run: Run, stop: StopRecord) -> None:
    """Stop the run from inside of it: this process at once, the others through the store."""
    stop["at"] = time.time()
    if run.stop is None or run.stop["how"] == DRAIN:
        run.stop = stop
    run.stop = put(run.store, run.id, stop, run.since)


def look(run: Run) -> StopRecord | None:
    """What the store says by now; when the run's time is over, this says so there."""
    found = read(run.store, run.id)
    if found is not None and found["at"] >= run.since:
        run.stop = found
    if time.time() >= deadline(run) and (run.stop is None or run.stop["how"] == DRAIN):
        seconds = run.spec.get("timeout") or 0.0
        message = f"the run was ended after {seconds:g} s, its timeout"
        note(run, {"reason": "timeout", "how": END, "step": "", "message": message, "at": 0.0})
    return run.stop


def reason(run: Run, when: str) -> str:
    """Why a step was cancelled; ``when`` says where that met it."""
    said = f"cancelled {when}"
    return said if run.stop is None else f"{said}: {run.stop['message']}"


def deadline(run: Run) -> float:
    """When the run's time is over, in seconds since the epoch."""
    seconds = run.spec.get("timeout")
    return float("inf") if seconds is None else max(run.created, run.since) + seconds


def pause(run: Run) -> float:
    """Seconds until the next look."""
    hasty = run.store.uri.startswith("file:") or run.spec.get("execution_mode") == "fail_fast"
    usual = QUICK if hasty else contract.HEARTBEAT
    left = deadline(run) - time.time()
    return min(usual, left) if left > 0 else usual


class Watch:
    """Looks again and again while a loop runs; ``call`` hears of a record that is new."""

    __slots__ = ("_call", "_heard", "_loop", "_run", "_timer")

    def __init__(self, run: Run, loop: Loop, call: Callable[[], None]) -> None:
        self._run = run
        self._loop = loop
        self._call = call
        self._heard = run.stop
        self._timer = loop.call_later(pause(run), self._on_time)

    def close(self) -> None:
        self._timer.cancel()

    def tell(self) -> None:
        """Call when this process has learned of a record."""
        if self._run.stop != self._heard:
            self._heard = self._run.stop
            self._call()

    def _on_time(self) -> None:
        try:  # noqa: SIM105 - contextlib costs 4 ms at import
            look(self._run)
        except StoreError:
            pass  # out of reach for now; there will be a next time
        self.tell()
        self._timer = self._loop.call_later(pause(self._run), self._on_time)
