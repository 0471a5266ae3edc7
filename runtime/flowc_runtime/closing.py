"""Hooks that a run's finaliser calls: of steps whose process is gone, and on_cleanup."""

from __future__ import annotations

from flowc_runtime import contract, errors, keys
from flowc_runtime.hooks import Hooks
from flowc_runtime.loop import Loop, Signals
from flowc_runtime.task import ENDING, Task, resolve_inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowc_runtime.child import Place
    from flowc_runtime.contract import ErrorDocument, Json, ResultRecord, StepSpec
    from flowc_runtime.records import Run

    Places = Callable[[str], Place]

FAILURES = ("failed", "lost")


class Closing:
    """Calls hooks one at a time and waits for each.

    ``places`` says where the hooks of a step run, and with no name those of the run; ``output``
    gets what they write, which is in the logs as well.
    """

    def __init__(self, run: Run, places: Places, output: Callable[[bytes], None]) -> None:
        self._run = run
        self._places = places
        self._output = output

    def end_step(
        self,
        step: StepSpec,
        generation: int,
        result: ResultRecord,
        upstream: Mapping[str, ResultRecord],
    ) -> None:
        """The hooks of a step's end, so far as nobody has claimed them."""
        events = ENDING.get(result.get("status", ""), ())
        if not any(event in step.get("hooks", {}) for event in events):
            return
        task = Task(self._run, step, upstream)
        task.generation = generation
        task.place = self._places(step["id"])
        told = result.copy()
        if result.get("status") == "lost":
            told["error"] = errors.lost()
        log_key = contract.log_key(self._run.id, step["id"], generation)
        logged = self._call(task, events, told, log_key)
        if logged:
            result["metadata"] = {**result.get("metadata", {}), **logged}

    def end_run(self, results: Mapping[str, ResultRecord]) -> None:
        """The hook of the run's end."""
        if "on_cleanup" not in self._run.spec.get("hooks", {}):
            return
        task = Task(self._run, _no_step(), {})
        task.place = self._places("")
        told: ResultRecord = {}
        error = first_failure(results) or self._timed_out(results)
        if error is not None:
            told["error"] = error
        self._call(task, ("on_cleanup",), told, contract.run_log_key(self._run.id))

    def _timed_out(self, results: Mapping[str, ResultRecord]) -> ErrorDocument | None:
        stop = self._run.stop
        if stop is None or stop["reason"] != "timeout":
            return None
        if all(keys.is_usable(result) for result in results.values()):
            return None
        return {"kind": "timeout", "type": "timeout", "message": stop["message"]}

    def _call(
        self, task: Task, events: tuple[str, ...], told: ResultRecord, log_key: str
    ) -> dict[str, Json]:
        """Returns what the hooks logged about the step."""
        try:
            inputs = resolve_inputs(task)
        except keys.RequestError:
            inputs = {}
        log = self._run.store.log(log_key)

        def write(data: bytes) -> None:
            log.write(data)
            self._output(data)

        loop = Loop()
        ended: list[bool] = []
        hooks = Hooks(task, inputs, loop, output=write, beat=log.flush)
        with Signals(loop, hooks.cancel):
            hooks.call(events, told, lambda: ended.append(True))
            loop.run_while(lambda: not ended)
        log.close()
        return hooks.metadata


def first_failure(results: Mapping[str, ResultRecord]) -> ErrorDocument | None:
    """The error of the failed step that ended first; a lost one counts when none failed."""
    failed = [result for result in results.values() if result.get("status") in FAILURES]
    if not failed:
        return None
    first = min(failed, key=lambda result: result.get("ended", float("inf")))
    return first.get("error") or errors.lost()


def _no_step() -> StepSpec:
    """What the hooks of a run have where those of a step have the step."""
    return {
        "id": "run",
        "name": "run",
        "function": {"module": "", "qualname": ""},
        "source": "",
        "doc": "",
        "inputs": {},
        "types": {},
        "outputs": [],
        "upstream": [],
        "cache": False,
        "retry": {"max_retries": 0, "delay": 0.0, "backoff": 1.0},
        "ingredients": {},
    }
