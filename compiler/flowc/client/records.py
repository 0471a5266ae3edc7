"""Reading the records of a run out of a store: one listing, then one object for each step.

A step's latest generation counts; the ones before it were replaced by a rerun on the engine.
"""

from __future__ import annotations

from flowc.errors import BackendError
from flowc.narrowing import is_dict
from flowc_runtime import contract, stores

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flowc_runtime.contract import AttemptRecord, ResultRecord, RunRecord, StopRecord
    from flowc_runtime.stores import Store

CONNECTIONS = 16
"""Records read at once from a store that is not on this machine."""


class StepRecords:
    """What is known of one invocation: generation 0 means that it never began."""

    __slots__ = (
        "attempts", "function", "generation", "has_log", "id", "result", "retry", "step",
        "upstream",
    )  # fmt: skip

    def __init__(self, id: str, step: str, upstream: tuple[str, ...]) -> None:  # noqa: A002
        self.id = id
        self.step = step
        self.upstream = upstream
        self.function = step
        self.retry: dict[str, Any] = {}
        self.generation = 0
        self.attempts: list[AttemptRecord] = []
        self.result: ResultRecord | None = None
        self.has_log = False

    @property
    def last_sign(self) -> float:
        """The latest moment at which something is known to have happened."""
        result = self.result or {}
        times = [result.get("started", 0.0), result.get("ended", 0.0)]
        for attempt in self.attempts:
            times += (attempt.get("started", 0.0), attempt.get("heartbeat", 0.0))
            times.append(attempt.get("ended", 0.0))
        return max(times)


class RunRecords:
    """Everything that a store holds about one run; ``steps`` is in the pipeline's order."""

    __slots__ = ("run", "steps", "stop")

    def __init__(
        self, run: RunRecord, steps: dict[str, StepRecords], stop: StopRecord | None = None
    ) -> None:
        self.run = run
        self.steps = steps
        self.stop = stop

    @property
    def last_sign(self) -> float:
        signs = (step.last_sign for step in self.steps.values())
        return max(self.run.get("created", 0.0), *signs, 0.0)


def read_run_record(store: Store, run: str) -> RunRecord | None:
    """The record of a run; None when the store has no such run.

    Raises BackendError when it was written by a newer flowc.
    """
    record: RunRecord | None = _read_json(store, contract.run_key(run))
    if record is not None and record.get("protocol", 0) > contract.PROTOCOL:
        raise BackendError(
            f"the run '{run}' was written by a newer flowc (protocol {record.get('protocol')})",
            hint="pip install --upgrade flowc",
        )
    return record


def read_records(store: Store, record: RunRecord) -> RunRecords:
    steps = expected_steps(record)
    by_segment = {contract.path_segment(step.id): step for step in steps.values()}
    prefix = contract.run_key(record.get("run", "")).removesuffix("run.json") + "steps/"
    found = _group(store.list(prefix), len(prefix))
    for segment in sorted(found.keys() - by_segment.keys()):
        step = by_segment[segment] = _unexpected_step(segment)
        steps[step.id] = step

    def read(segment: str) -> None:
        _read_step(store, by_segment[segment], f"{prefix}{segment}/", found[segment])

    if store.uri.startswith("file:"):
        for segment in found:
            read(segment)
    else:
        _read_at_once(read, list(found))
    return RunRecords(record, steps, _read_json(store, contract.stop_key(record.get("run", ""))))


def _read_at_once(read: Callable[[str], None], segments: list[str]) -> None:
    """Over a network waiting takes nearly all of the time."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in pool.map(read, segments):
            pass


def expected_steps(record: RunRecord) -> dict[str, StepRecords]:
    steps: dict[str, StepRecords] = {}
    for expected in record.get("steps", []):
        id_ = expected["id"]
        step = StepRecords(
            id_, expected.get("step") or expected.get("name") or id_, tuple(expected["upstream"])
        )
        step.function = expected.get("function") or step.step
        step.retry = expected.get("retry") or {}
        steps[id_] = step
    return steps


def _unexpected_step(segment: str) -> StepRecords:
    from urllib.parse import unquote

    id_ = unquote(segment)
    return StepRecords(id_, id_, ())


def _group(keys: list[str], cut: int) -> dict[str, dict[int, list[str]]]:
    """File names by step's segment and generation."""
    found: dict[str, dict[int, list[str]]] = {}
    for key in keys:
        parts = key[cut:].split("/")
        if len(parts) == 3 and parts[1].isdecimal():  # noqa: PLR2004 - step/generation/file
            found.setdefault(parts[0], {}).setdefault(int(parts[1]), []).append(parts[2])
    return found


def _read_step(
    store: Store, step: StepRecords, prefix: str, generations: dict[int, list[str]]
) -> None:
    step.generation = max(generations)
    names = generations[step.generation]
    folder = f"{prefix}{step.generation}/"
    step.has_log = "log.txt" in names
    if "result.json" in names:
        step.result = _read_json(store, f"{folder}result.json")
    if step.result is not None and "attempts" in step.result:
        return
    numbers = sorted(
        int(name[8:-5])
        for name in names
        if name.startswith("attempt-") and name.endswith(".json") and name[8:-5].isdecimal()
    )
    attempts = (_read_json(store, f"{folder}attempt-{number}.json") for number in numbers)
    step.attempts = [attempt for attempt in attempts if attempt is not None]


def _read_json(store: Store, key: str) -> Any:
    import json

    try:
        data = store.get(key)
    except stores.MissingError:
        return None
    try:
        record = json.loads(data)
    except ValueError:
        record = None
    if not is_dict(record):
        raise BackendError(f"the record {key} in {store.uri} is damaged")
    return record
