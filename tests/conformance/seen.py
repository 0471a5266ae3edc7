"""What a run left in its store, read as anyone outside may read it: client, records, logs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from flowc.client import Client
from flowc_runtime import contract, stores

if TYPE_CHECKING:
    from flowc.client import RunDocument, StepDocument
    from flowc_runtime.contract import AttemptRecord, HookRecord
    from flowc_runtime.stores import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStep:
    """An invocation's document, and the records of its latest generation."""

    document: StepDocument
    attempts: list[AttemptRecord]
    hooks: dict[str, HookRecord]
    metadata: dict[str, Any]
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A run; ``log`` is what was written outside of any step."""

    uri: str
    document: RunDocument
    steps: dict[str, SeenStep]
    log: str

    def value(self, step: str, output: str) -> Any:
        return Client(self.uri).artifact(self.document["run_id"], step, output)


def look(uri: str, run: str) -> Seen:
    client = Client(uri)
    document = client.run(run)
    logs = client.logs(run)
    store = stores.open_store(uri)
    try:
        return Seen(
            uri=uri,
            document=document,
            steps={
                step["id"]: _look_at_step(store, run, step, logs.get(step["id"], ""))
                for step in document["steps"]
            },
            log=_text(store, contract.run_log_key(run)),
        )
    finally:
        store.close()


def _look_at_step(store: Store, run: str, step: StepDocument, log: str) -> SeenStep:
    prefix = contract.step_prefix(run, step["id"])
    keys = list(store.list(prefix))
    latest = max((int(key[len(prefix) :].split("/")[0]) for key in keys), default=1)
    mine = contract.generation_prefix(run, step["id"], latest)
    names = [key[len(mine) :] for key in keys if key.startswith(mine)]
    attempts = [_record(store, mine + name) for name in names if name.startswith("attempt-")]
    hooks = [_record(store, mine + name) for name in names if name.startswith("hook-")]
    result = _record(store, f"{mine}result.json") if "result.json" in names else {}
    return SeenStep(
        document=step,
        attempts=cast("list[AttemptRecord]", sorted(attempts, key=lambda one: one["attempt"])),
        hooks={hook["hook"]: cast("HookRecord", hook) for hook in hooks},
        metadata=result.get("metadata", {}),
        log=log,
    )


def _record(store: Store, key: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(store.get(key))
    return record


def _text(store: Store, key: str) -> str:
    try:
        return store.get(key).decode("utf-8", "replace")
    except stores.MissingError:
        return ""
