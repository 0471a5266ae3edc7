"""Writes the records of runs by hand, as the contract lays them out."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

from flowc_runtime import contract
from flowc_runtime.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class StoreBuilder:
    """A store in a folder; every method writes one kind of record."""

    def __init__(self, folder: Path) -> None:
        self.uri = f"file:{folder}"
        self.store = open_store(self.uri)
        self.now = time.time()

    def run(
        self, run: str, steps: Mapping[str, Sequence[str]], *, age: float = 0.0, **fields: Any
    ) -> str:
        pipeline = fields.setdefault("pipeline", run.rpartition("-")[0])
        created = self.now - age
        record: dict[str, Any] = {
            "protocol": contract.PROTOCOL,
            "run": run,
            "name": run,
            "target": "airflow",
            "created": created,
            "parameters": {},
            "steps": [
                {"id": id_, "step": id_, "upstream": list(above), "retry": fields.get("retry", {})}
                for id_, above in steps.items()
            ],
            **fields,
        }
        self._put(contract.run_key(run), record)
        self._put(contract.listing_key(pipeline, created, run), {"run": run})
        return run

    def attempt(
        self, run: str, step: str, number: int = 1, *, generation: int = 1, **fields: Any
    ) -> None:
        record = {"attempt": number, "started": self.now, "heartbeat": self.now, **fields}
        self._put(contract.attempt_key(run, step, generation, number), record)

    def result(
        self, run: str, step: str, status: str, *, generation: int = 1, **fields: Any
    ) -> None:
        record = {
            "status": status,
            "attempts": 0 if status in {"cached", "skipped"} else 1,
            "started": self.now - 2.5,
            "ended": self.now - 1.0,
            **fields,
        }
        self._put(contract.result_key(run, step, generation), record)

    def stop(self, run: str, reason: str, message: str = "", *, how: str = "end") -> None:
        record = {"reason": reason, "how": how, "step": "", "message": message, "at": self.now}
        self._put(contract.stop_key(run), record)

    def log(self, run: str, step: str, text: str, *, generation: int = 1) -> None:
        self.store.put(contract.log_key(run, step, generation), text.encode())

    def contents(self, data: bytes, materializer: str = "json@1") -> dict[str, Any]:
        """Stores them and returns the record of an artifact."""
        digest = hashlib.sha256(data).hexdigest()
        self.store.put(contract.cas_key(digest), data)
        return {
            "digest": digest,
            "type": "int",
            "uri": contract.cas_key(digest),
            "size": len(data),
            "materializer": materializer,
        }

    def _put(self, key: str, record: Mapping[str, Any]) -> None:
        self.store.put(key, json.dumps(record).encode())
