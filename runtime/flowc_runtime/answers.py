"""What the cache alone can answer: for a driver that would otherwise start a container for it.

The driver knows of each step the environment that it would run in. A step whose key a function of
the author's has a say in, or who wants to hear of a hit by `on_cached`, needs its own code: the
container answers for it. So does the first step of a run that has an `on_init` to call.
"""

from __future__ import annotations

import time

from flowc_runtime import cache, contract, keys, records, versions
from flowc_runtime.records import Run
from flowc_runtime.stores import StoreError
from flowc_runtime.task import Task, resolve_inputs

__all__ = ["Answers", "Run"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc_runtime.contract import ResultRecord, StepSpec
    from flowc_runtime.versions import Environment


class Answers:
    """``environments`` are those of the steps' images by the steps' ids; None where unknown."""

    def __init__(self, run: Run, environments: Mapping[str, Environment | None]) -> None:
        self._run = run
        self._environments = environments

    def foresee(self) -> dict[str, ResultRecord]:
        """The results of all steps that will be answered; nothing is stored."""
        known: dict[str, ResultRecord] = {}
        for step in self._run.spec["steps"]:
            result = self._look_up(step, {above: known.get(above) for above in step["upstream"]})
            if result is not None:
                known[step["id"]] = result
        return known

    def give(self, id_: str) -> ResultRecord | None:
        """The step's result, stored, when there is a cache entry; None when it has to run.

        Also where this machine cannot use the store as it should: the container will say so.
        """
        try:
            return self._give(self._run.steps[id_])
        except StoreError:
            return None

    def _give(self, step: StepSpec) -> ResultRecord | None:
        id_ = step["id"]
        if records.latest_generation(self._run.store, self._run.id, id_).number:
            return None  # it has begun already
        result = self._look_up(step, records.read_upstream(self._run, step))
        if result is None:
            return None
        records.ensure_run(self._run)
        return records.put_result(self._run, id_, 1, result)

    def _look_up(
        self, step: StepSpec, upstream: Mapping[str, ResultRecord | None]
    ) -> ResultRecord | None:
        environment = self._environments.get(step["id"])
        if environment is None or _needs_its_code(step) or not self._has_begun():
            return None
        if not all(result and keys.is_usable(result) for result in upstream.values()):
            return None
        started = time.time()
        try:
            inputs = resolve_inputs(Task(self._run, step, upstream))
        except keys.RequestError:
            return None  # the runtime inside says what is wrong, and records it
        key = keys.cache_key(step, inputs, versions.select(step, environment))[0]
        found = cache.look_up(self._run, step, key)
        return None if found.outputs is None else cache.result_of(found, key, started)

    def _has_begun(self) -> bool:
        """Whether the run's `on_init` was called, where it has one."""
        if "on_init" not in self._run.spec.get("hooks", {}):
            return True
        record = records.read(self._run.store, contract.run_hook_key(self._run.id, "on_init"))
        return record is not None and "outcome" in record


def _needs_its_code(step: StepSpec) -> bool:
    return "key" in step.get("policy", {}) or "on_cached" in step.get("hooks", {})
