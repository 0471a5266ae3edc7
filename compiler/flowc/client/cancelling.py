"""Asking a run to end: by its stop record, which whoever drives its steps looks at."""

from __future__ import annotations

from flowc.client import status
from flowc.errors import AuthorError
from flowc_runtime import stopping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.client.records import RunRecords
    from flowc_runtime.stores import Store

ENDED = frozenset({"completed", "failed", "cancelled"})


def cancel_run(store: Store, records: RunRecords, now: float) -> None:
    """Raises AuthorError for a run that has ended already."""
    run = records.run.get("run", "")
    states = status.step_states(records, now)
    overall = status.run_status(records, states, now)
    if overall in ENDED:
        raise AuthorError(
            f"the run '{run}' has ended already: it is {overall}",
            hint=f"flowc runs show {run}",
        )
    # A record that is older than what runs now is of an earlier execution of the same run.
    started = [
        step.attempts[0].get("started", 0.0)
        for step in records.steps.values()
        if step.attempts and step.generation > 1 and states[step.id].status == "running"
    ]
    stopping.put(store, run, stopping.cancelled(), since=min(started, default=0.0))
