"""Cache entries: which outputs a key stands for, and why a lookup found none.

An entry keeps its key's ingredients, so that a miss can be explained. The first entry of a key
stays, unless what it names is gone or damaged.
"""

from __future__ import annotations

import time

from flowc_runtime import contract, keys, records
from flowc_runtime.stores import StoreError, has_contents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc_runtime.contract import ArtifactRecord, Json, ResultRecord, StepSpec
    from flowc_runtime.records import Run
    from flowc_runtime.stores import Store
    from flowc_runtime.task import Task


class Lookup:
    """What was found for a key: outputs, metadata, the run they come from; or why nothing.

    ``broken`` says whether there is an entry that must be replaced.
    """

    __slots__ = ("broken", "metadata", "origin", "outputs", "reason")

    def __init__(self, reason: str, *, broken: bool = False) -> None:
        self.reason = reason
        self.broken = broken
        self.outputs: dict[str, ArtifactRecord] | None = None
        self.metadata: dict[str, Json] = {}
        self.origin = ""


def look_up(run: Run, step: StepSpec, key: str) -> Lookup:
    """What a run may use."""
    if step["cache"] and not run.cache:
        return Lookup("caching is off for this run")
    return find_entry(run.store, step, key)


def find_entry(store: Store, step: StepSpec, key: str) -> Lookup:
    """Never an error: whatever is wrong with an entry makes it a miss."""
    if not step["cache"]:
        return Lookup(contract.NOT_CACHED)
    try:
        entry = records.read(store, contract.action_key(key))
        if entry is None:
            return Lookup(contract.NO_ENTRY)
        return _judge(store, step, entry)
    except (StoreError, KeyError, TypeError, AttributeError):
        return Lookup("the cache entry is damaged", broken=True)


def _judge(store: Store, step: StepSpec, entry: Json) -> Lookup:
    outputs: dict[str, ArtifactRecord] = entry["outputs"]
    expires = step.get("policy", {}).get("expires")
    if expires is not None and entry["created"] + expires < time.time():
        return Lookup("the cache entry has expired", broken=True)
    if outputs.keys() != {spec["name"] for spec in step["outputs"]}:
        return Lookup("the cache entry is damaged", broken=True)
    if not all(has_contents(store, one["digest"], one["size"]) for one in outputs.values()):
        return Lookup("the cache entry's contents are gone or damaged", broken=True)
    found = Lookup(f"same key as in run '{entry['run']}'")
    if not step.get("artifact_metadata", True):
        for artifact in outputs.values():
            artifact.pop("metadata", None)
    found.outputs = outputs
    found.metadata = dict(entry.get("metadata") or {})
    found.origin = entry["run"]
    return found


def result_of(found: Lookup, key: str, started: float) -> ResultRecord:
    """The result of a step that was found."""
    result: ResultRecord = {
        "status": "cached",
        "outputs": found.outputs or {},
        "origin": found.origin,
        "reason": found.reason,
        "attempts": 0,
        "started": started,
        "ended": time.time(),
        "cache_key": key,
    }
    if found.metadata:
        result["metadata"] = found.metadata
    return result


def put_entry(
    task: Task,
    keyed: tuple[str, dict[str, Json]],
    outputs: dict[str, ArtifactRecord],
    metadata: dict[str, Json],
    *,
    replace: bool,
) -> None:
    """``keyed`` is what `keys.cache_key` returned."""
    key, ingredients = keyed
    run = task.run
    document: Json = {
        "key": key,
        "outputs": outputs,
        "ingredients": ingredients,
        "code": keys.code_parts(run.spec, task.step),
        "run": run.id,
        "step": task.step["id"],
        "created": time.time(),
    }
    if metadata:
        document["metadata"] = metadata
    entry = records.dump(document)
    if replace:
        run.store.put(contract.action_key(key), entry)
    else:
        run.store.put_if_absent(contract.action_key(key), entry)
