"""What a step was made of when it ran before: the ingredients of its key in an earlier run."""

from __future__ import annotations

from flowc.client import find, records
from flowc.narrowing import is_dict
from flowc_runtime import contract
from flowc_runtime.stores import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from flowc.client.differences import Kept
    from flowc_runtime.contract import ResultRecord, RunRecord
    from flowc_runtime.stores import Store

RESULT = "/result.json"

LOOKED_AT = 20
"""How many runs of a pipeline are looked at, and how many of others."""


class Earlier:
    """A step of an earlier run; ``kept`` is None when nothing but its key is known."""

    __slots__ = ("kept", "key", "reason", "run", "status")

    def __init__(self, run: str, result: ResultRecord, kept: Kept | None) -> None:
        self.run = run
        self.status = result.get("status", "")
        self.reason = result.get("reason", "")
        self.key = result.get("cache_key", "")
        self.kept = kept


class History:
    """The runs of a pipeline, newest first, and after them those of all other pipelines.

    With ``before`` only the runs that are older than that one.
    """

    def __init__(self, store: Store, pipeline: str, *, before: str = "") -> None:
        self._store = store
        self._pipeline = pipeline
        self._before = before
        self._ids: dict[str, list[str]] = {}
        self._steps: dict[str, dict[str, str]] = {}

    def find(self, id_: str, step: str, key: str) -> Earlier | None:
        """The newest time that the invocation ran or was cached, or else another one of its step.

        Where no ingredients are kept, it counts only when it had this ``key``.
        """
        for run, invocation in self._candidates(id_, step):
            result = _read_result(self._store, run, invocation)
            if result is None or not result.get("cache_key"):
                continue
            kept = read_kept(self._store, result)
            if kept is not None or result.get("cache_key") == key:
                return Earlier(run, result, kept)
        return None

    def _candidates(self, id_: str, step: str) -> Iterator[tuple[str, str]]:
        """(run, invocation), the ones that tell most first."""
        own = self._list(self._pipeline)
        yield from ((run, id_) for run in own if id_ in self._steps_of(run))
        yield from (
            (run, other) for run in own for other in self._named(run, step) if other != id_
        )
        others = self._list("")
        yield from ((run, id_) for run in others if self._steps_of(run).get(id_) == step)
        yield from ((run, other) for run in others for other in self._named(run, step))

    def _list(self, pipeline: str) -> list[str]:
        """Ids of the newest runs of a pipeline, or of all others."""
        if pipeline not in self._ids:
            ids = find.list_run_ids(self._store, pipeline or None, unlisted=True)
            if self._before in ids:
                ids = ids[ids.index(self._before) + 1 :]
            own = () if pipeline else self._list(self._pipeline)
            self._ids[pipeline] = [id_ for id_ in ids if id_ not in own][:LOOKED_AT]
        return self._ids[pipeline]

    def _named(self, run: str, step: str) -> list[str]:
        return [id_ for id_, name in self._steps_of(run).items() if name == step]

    def _steps_of(self, run: str) -> dict[str, str]:
        """The step's name of each invocation."""
        if run not in self._steps:
            record: RunRecord | None = _read(self._store, contract.run_key(run))
            expected = records.expected_steps(record) if record is not None else {}
            self._steps[run] = {id_: found.step for id_, found in expected.items()}
        return self._steps[run]


def read_kept(store: Store, result: ResultRecord) -> Kept | None:
    """The ingredients of a result's key; the result has its own when it made no entry."""
    own: Any = result
    for document in (own, _read_entry(store, result.get("cache_key", ""))):
        if document is not None and is_dict(document.get("ingredients")):
            return {"ingredients": document["ingredients"], "code": document.get("code")}
    return None


def _read_result(store: Store, run: str, step: str) -> ResultRecord | None:
    """The latest one; reruns by hand have generations of their own."""
    prefix = contract.step_prefix(run, step)
    numbers = [
        int(key[len(prefix) : -len(RESULT)])
        for key in store.list(prefix)
        if key.endswith(RESULT) and key[len(prefix) : -len(RESULT)].isdecimal()
    ]
    return _read(store, contract.result_key(run, step, max(numbers))) if numbers else None


def _read_entry(store: Store, key: str) -> Any:
    return _read(store, contract.action_key(key)) if key else None


def _read(store: Store, key: str) -> Any:
    """Nothing for what is missing or damaged: whoever explains can do with less."""
    import json

    try:
        found = json.loads(store.get(key))
    except (StoreError, ValueError):
        return None
    return found if is_dict(found) else None
