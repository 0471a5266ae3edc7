"""What a run looks like to people and tools: the document behind `flowc runs show --json`."""

from __future__ import annotations

from flowc.client import status

TYPE_CHECKING = False  # a container that imports the client does not pay for `typing`
if TYPE_CHECKING:
    from typing import TypedDict

    from typing_extensions import NotRequired

    from flowc.client.records import RunRecords, StepRecords
    from flowc_runtime.contract import ArtifactRecord, ErrorDocument, Json

    class OutputDocument(TypedDict):
        """A stored output; ``type`` is the value's Python type, ``size`` is in bytes.

        ``metadata`` are facts about the value, unless `enable_artifact_metadata` is off.
        """

        digest: str
        type: str
        uri: str
        size: int
        metadata: NotRequired[dict[str, Json]]

    class StepDocument(TypedDict):
        """One invocation, as its latest generation left it.

        ``metadata`` is what it and its hooks logged, or of a hit the step that made the outputs.
        """

        id: str
        step: str
        status: str
        attempts: int
        duration_s: float | None
        cache_key: str | None
        outputs: dict[str, OutputDocument]
        error: ErrorDocument | None
        reason: str
        metadata: NotRequired[dict[str, Json]]

    class RunDocument(TypedDict):
        """A run and its steps, in the pipeline's order; ``created`` is in seconds since 1970.

        ``reason`` says why it was stopped before its end, if it was.
        """

        run_id: str
        name: str
        pipeline: str
        target: str
        status: str
        reason: str
        parameters: dict[str, Json]
        created: float
        duration_s: float | None
        steps: list[StepDocument]

    class RunSummary(TypedDict):
        """A line of a listing; ``steps`` counts them by status."""

        run_id: str
        name: str
        pipeline: str
        target: str
        status: str
        created: float
        duration_s: float | None
        steps: dict[str, int]


def run_document(records: RunRecords, now: float) -> RunDocument:
    """The document of a run as it is at ``now``."""
    states = status.step_states(records, now)
    run = records.run
    overall = status.run_status(records, states, now)
    return {
        "run_id": run.get("run", ""),
        "name": run.get("name", ""),
        "pipeline": run.get("pipeline", ""),
        "target": run.get("target", ""),
        "status": overall,
        "reason": records.stop["message"] if records.stop and overall != "completed" else "",
        "parameters": run.get("parameters", {}),
        "created": run.get("created", 0.0),
        "duration_s": _run_duration(records, now if overall == "running" else None),
        "steps": [_step_document(step, states[step.id], now) for step in records.steps.values()],
    }


def damaged_run(run: str, reason: str) -> RunDocument:
    """Of a run whose records cannot be read, so that others can be listed beside it."""
    return {
        "run_id": run,
        "name": "",
        "pipeline": "",
        "target": "",
        "status": "damaged",
        "reason": reason,
        "parameters": {},
        "created": 0.0,
        "duration_s": None,
        "steps": [],
    }


def run_summary(document: RunDocument) -> RunSummary:
    counts: dict[str, int] = {}
    for step in document["steps"]:
        counts[step["status"]] = counts.get(step["status"], 0) + 1
    return {
        "run_id": document["run_id"],
        "name": document["name"],
        "pipeline": document["pipeline"],
        "target": document["target"],
        "status": document["status"],
        "created": document["created"],
        "duration_s": document["duration_s"],
        "steps": counts,
    }


def _step_document(step: StepRecords, state: status.State, now: float) -> StepDocument:
    result = step.result or {}
    document: StepDocument = {
        "id": step.id,
        "step": step.step,
        "status": state.status,
        "attempts": result.get("attempts", len(step.attempts)),
        "duration_s": _step_duration(step, now if state.status == "running" else None),
        "cache_key": result.get("cache_key") or None,
        "outputs": {
            name: _output_document(artifact)
            for name, artifact in (result.get("outputs") or {}).items()
        },
        "error": _error(step, state),
        "reason": result.get("reason") or state.reason,
    }
    if result.get("metadata"):
        document["metadata"] = result.get("metadata", {})
    return document


def _output_document(artifact: ArtifactRecord) -> OutputDocument:
    output: OutputDocument = {
        "digest": artifact["digest"],
        "type": artifact["type"],
        "uri": artifact["uri"],
        "size": artifact["size"],
    }
    if "metadata" in artifact:
        output["metadata"] = artifact["metadata"]
    return output


def _error(step: StepRecords, state: status.State) -> ErrorDocument | None:
    """The result's error; without a result, the last attempt's while it explains the status."""
    if step.result is not None:
        return step.result.get("error") or None
    if state.status == "lost" and step.attempts:
        return step.attempts[-1].get("error") or None
    return None


def _step_duration(step: StepRecords, now: float | None) -> float | None:
    result = step.result or {}
    if result.get("status") == "skipped":
        return None
    started = result.get("started")
    ended = result.get("ended", now)
    if started is None and step.attempts:
        started = step.attempts[0].get("started")
        last = step.attempts[-1]
        ended = ended or last.get("ended") or last.get("heartbeat")
    if started is None or ended is None:
        return None
    return round(max(0.0, ended - started), 3)


def _run_duration(records: RunRecords, now: float | None) -> float | None:
    created = records.run.get("created")
    ended = now if now is not None else records.last_sign
    if created is None or ended <= created:
        return None
    return round(ended - created, 3)
