"""Why a step is executed and not taken from the cache: what `plan` and `runs show` say.

Found by comparing with the time it ran before; never written anywhere.
"""

from __future__ import annotations

from flowc.client.differences import compare
from flowc.client.history import History, read_kept
from flowc_runtime import contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypedDict

    from flowc.client.differences import Cause, Kept
    from flowc.client.document import RunDocument
    from flowc.client.history import Earlier
    from flowc.client.records import RunRecords
    from flowc_runtime.contract import Json
    from flowc_runtime.stores import Store

    class StepPlan(TypedDict):
        """What would become of an invocation.

        ``status`` is hit, miss, or unknown: then the key depends on results of ``depends_on``,
        which will be executed. ``run`` is where a hit's outputs come from, else what ``causes``
        were found by comparing with.
        """

        id: str
        step: str
        status: str
        cache_key: str | None
        reason: str
        causes: list[Cause]
        run: str | None
        depends_on: list[str]

    class PlanDocument(TypedDict):
        """What a run would do now; steps are in the pipeline's order."""

        pipeline: str
        target: str
        store: str
        parameters: dict[str, Json]
        steps: list[StepPlan]


SHOWN = 6
"""How many causes a sentence lists."""

ENDED = {"failed": "failed", "cancelled": "was cancelled", "lost": "was lost"}


def explain_run(store: Store, records: RunRecords, document: RunDocument) -> None:
    """Say of each executed step of a run what had changed since it ran before."""
    history = History(store, document["pipeline"], before=document["run_id"])
    for step in document["steps"]:
        found = records.steps[step["id"]]
        if found.result is None or step["reason"] != contract.NO_ENTRY:
            continue
        kept = read_kept(store, found.result)
        if kept is not None:
            key = found.result.get("cache_key", "")
            earlier = history.find(step["id"], step["step"], key)
            step["reason"] = explain_miss(
                earlier, key, compare_with(earlier, kept, found.function)
            )


def compare_with(
    earlier: Earlier | None, kept: Kept, function: str, unknown: Sequence[str] = ()
) -> list[Cause]:
    """What differs from an earlier time; ``unknown`` are inputs that cannot be compared."""
    if earlier is None or earlier.kept is None:
        return []
    return compare(earlier.kept, kept, function, unknown=unknown)


def explain_miss(earlier: Earlier | None, key: str, causes: Sequence[Cause]) -> str:
    if earlier is None:
        return contract.NO_ENTRY
    if earlier.key != key:
        return list_causes(causes) or f"the key is another one than in run '{earlier.run}'"
    if earlier.status in ENDED:
        return f"{contract.NO_ENTRY}: it {ENDED[earlier.status]} in run '{earlier.run}'"
    if earlier.reason == contract.NOT_CACHED:
        return f"{contract.NO_ENTRY}: caching was off for it in run '{earlier.run}'"
    return f"the entry of run '{earlier.run}' is gone"


def list_causes(causes: Sequence[Cause]) -> str:
    """``helper `shift` in `lib.py:12` changed; input `data` differs``."""
    texts = [cause["text"] for cause in causes]
    if len(texts) > SHOWN + 1:
        texts = [*texts[:SHOWN], f"and {len(texts) - SHOWN} more"]
    return "; ".join(texts)
