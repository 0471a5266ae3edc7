"""What is asked of a `StepRun`, and what follows from that alone."""

from __future__ import annotations

from flowc_runtime import errors, keys
from flowc_runtime.child import Place
from flowc_runtime.stores import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowc_runtime.child import Report
    from flowc_runtime.contract import (
        ArtifactRecord,
        AttemptRecord,
        ResultRecord,
        RetrySpec,
        StepSpec,
    )
    from flowc_runtime.records import Run


STARTING = ("on_init", "on_start")
ENDING = {
    "completed": ("on_success", "on_end"),
    "cached": ("on_init", "on_cached"),
    "failed": ("on_failure", "on_end"),
    "lost": ("on_failure", "on_end"),
}
"""Which hooks a step's end calls, in this order, by its status. Others call none.

A run begins with its first step, though that is cached.
"""


class Task:
    """Which step of which run, and how far it has come.

    ``upstream`` are the results of everything upstream, None for what never began. ``attempts``
    are the records of this generation's earlier attempts.
    """

    __slots__ = ("attempts", "generation", "place", "run", "step", "upstream")

    def __init__(
        self, run: Run, step: StepSpec, upstream: Mapping[str, ResultRecord | None]
    ) -> None:
        self.run = run
        self.step = step
        self.upstream = upstream
        self.generation = 1
        self.attempts: list[AttemptRecord] = []
        self.place = Place((), {})


def resolve_inputs(task: Task) -> dict[str, keys.Resolved]:
    """Raises RequestError when a parameter or an upstream output is missing or wrong."""
    names = keys.referenced_parameters(task.step)
    declared = task.run.spec["parameters"]
    parameters = keys.read_parameters(declared, task.run.texts, names) if names else {}
    usable = {above: result for above, result in task.upstream.items() if result}
    return keys.resolve_inputs(task.step, parameters, usable)


def last_failure(task: Task) -> AttemptRecord | None:
    """The failed attempt after which none may follow, when there was one.

    A lost container may have used up some attempts already.
    """
    failed = [record for record in task.attempts if record.get("outcome") == "failed"]
    if failed and (failed[-1].get("final") or len(failed) > task.step["retry"]["max_retries"]):
        return failed[-1]
    return None


def wait_before(retry: RetrySpec, number: int) -> float:
    """Seconds to wait before a retry; the first is number 1."""
    if not retry["delay"]:
        return 0.0  # however often it is multiplied, also by more than a float can hold
    try:
        seconds = retry["delay"] * retry["backoff"] ** (number - 1)
    except OverflowError:
        seconds = float("inf")
    limit = retry.get("max_delay")
    return seconds if limit is None else min(seconds, limit)


def keep_outputs(task: Task, paths: Sequence[str], report: Report) -> dict[str, ArtifactRecord]:
    """Move what the child staged to its place; a store that refuses it fails the attempt."""
    outputs: dict[str, ArtifactRecord] = {}
    staged = zip(task.step["outputs"], paths, report.get("outputs", ()), strict=False)
    try:
        for spec, path, artifact in staged:
            task.run.store.adopt(path, artifact["digest"])
            outputs[spec["name"]] = artifact
    except StoreError as error:
        report["error"] = errors.describe(error, "output")
    return outputs
