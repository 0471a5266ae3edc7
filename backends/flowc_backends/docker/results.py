"""What a step's records say once its container has ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc_runtime import contract
from flowc_runtime.stores import MissingError, StoreError

if TYPE_CHECKING:
    from flowc_runtime.contract import ResultRecord
    from flowc_runtime.stores import Store

USABLE = ("completed", "cached")

KILLED = 137

UNABLE = (contract.EXIT_REQUEST, 125, 126, 127)
"""Exit statuses that every container of the step would have: a wrong request, no such program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an invocation ended, as reporters are told.

    ``lost`` is whether its container went without a word, and another one may do better.
    """

    status: str
    detail: str = ""
    lost: bool = False

    @property
    def ok(self) -> bool:
        return self.status in USABLE


def step_keys(store: Store, run: str, step: str) -> list[str]:
    """Every record of an invocation but its logs."""
    found = store.list(contract.step_prefix(run, step))
    return [key for key in found if not key.endswith("/log.txt")]


def latest_result(store: Store, run: str, step: str) -> tuple[int, ResultRecord | None]:
    """The number of the latest generation, 0 when there is none, and its result."""
    prefix = contract.step_prefix(run, step)
    numbers = {key[len(prefix) :].partition("/")[0] for key in store.list(prefix)}
    latest = max((int(number) for number in numbers if number.isdecimal()), default=0)
    try:
        result: ResultRecord = json.loads(store.get(contract.result_key(run, step, latest)))
    except (MissingError, ValueError):
        return latest, None
    return latest, result


def read_outcome(store: Store, run: str, step: str) -> Outcome | None:
    """What the latest generation says, None without a result."""
    try:
        result = latest_result(store, run, step)[1]
    except StoreError as error:
        return Outcome(status="failed", detail=str(error))
    return None if result is None else outcome_of(result)


def outcome_of(result: ResultRecord) -> Outcome:
    status = result.get("status", "failed")
    return Outcome(status=status, detail=_detail(result) if status != "completed" else "")


def explain(code: int, *, out_of_memory: bool, last: str) -> Outcome:
    """How a step ended whose container stored no result; ``last`` is its last complaint."""
    if out_of_memory:
        why = "the container was killed: it used more memory than it may"
    elif code == KILLED:
        why = "the container was killed"
    elif code == contract.EXIT_REQUEST and last:
        why = last
    else:
        why = f"the container ended with exit status {code} and stored no result"
        why = f"{why}: {last}" if last else why
    return Outcome(status="failed", detail=why, lost=code not in UNABLE)


def _detail(result: ResultRecord) -> str:
    document = result.get("error")
    if document is None:
        return result.get("reason", "")
    message = document.get("message", "").strip().partition("\n")[0]
    return ": ".join(part for part in (document.get("type", ""), message) if part)
