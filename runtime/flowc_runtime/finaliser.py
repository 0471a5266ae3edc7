"""The last act of a run on every target: says of each invocation how it ended.

==============================================  ============================================
what the store holds of an invocation           what is written
==============================================  ============================================
a result                                        nothing
attempts, none with a result                    those that never ended end as `lost`; without
                                                a result the invocation itself is lost
nothing, something upstream did not complete    `skipped`, naming that
nothing, and all its upstream completed         `cancelled`: the run ended before it started
==============================================  ============================================

The run went well when every invocation was completed or cached.
"""

from __future__ import annotations

import time

from flowc_runtime import keys, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc_runtime.contract import ResultRecord, StepSpec
    from flowc_runtime.records import Run


def finalise(run: Run, known: Mapping[str, ResultRecord] | None = None) -> dict[str, ResultRecord]:
    """The result of each invocation; `lost` ones have no result in the store, only here.

    ``known`` are results that the caller has stored itself.
    """
    records.ensure_run(run)
    records.mend_listing(run)
    results = dict(known or {})
    for step in run.spec["steps"]:
        if step["id"] not in results:
            results[step["id"]] = _finalise_step(run, step, results)
    return results


def went_well(results: Mapping[str, ResultRecord]) -> bool:
    return all(keys.is_usable(result) for result in results.values())


def _finalise_step(run: Run, step: StepSpec, results: dict[str, ResultRecord]) -> ResultRecord:
    generation = records.latest_generation(run.store, run.id, step["id"])
    if generation.has_result:
        result = records.read_result(run.store, run.id, step["id"], generation.number)
        if result is not None:
            return result
    if generation.attempts:
        records.close_attempts(run, step["id"], generation)
        return {"status": "lost", "reason": "its process ended without a result"}
    now = time.time()
    blocked = records.blocking_reason(step, results)
    ended: ResultRecord = {
        "status": "skipped" if blocked else "cancelled",
        "reason": blocked or "the run ended before it started",
        "attempts": 0,
        "started": now,
        "ended": now,
    }
    return records.put_result(run, step["id"], max(1, generation.number), ended)
