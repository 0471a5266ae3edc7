"""Records of a run in its store: put if absent where the first one counts, replaced where time
passes, and never half-written. A reader derives every status from them.
"""

from __future__ import annotations

import json
import os
import sys
import time

from flowc_runtime import contract, errors, keys
from flowc_runtime.stores import MissingError, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowc_runtime.contract import (
        AttemptRecord,
        Json,
        PipelineSpec,
        ResultRecord,
        RunRecord,
        StepSpec,
        StopRecord,
    )
    from flowc_runtime.redaction import Redactor
    from flowc_runtime.stores import Store

ATTEMPT = "attempt-"
HOOK = "hook-"
RESULT = "result.json"
TOKEN = "token.json"  # noqa: S105 - the name of a record


def dump(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def read(store: Store, key: str) -> Json | None:
    """The document at ``key``, None when there is none.

    Raises StoreError when it is no JSON.
    """
    try:
        return json.loads(store.get(key))
    except MissingError:
        return None
    except ValueError:
        raise StoreError(f"the record {key} in {store.uri} is damaged") from None


class Run:
    """One run of a pipeline, as everything that takes part in it knows it.

    ``texts`` are the parameters' JSON texts by name. ``cache`` says whether cache entries may be
    used; they are written in any case. ``stop`` is the stop record, as far as this process has
    heard of it; ``since`` is when a rerun by hand began, and 0 in the first generation.
    """

    __slots__ = (
        "bundle", "cache", "created", "engine_run", "id", "name", "since", "spec", "steps", "stop",
        "store", "target", "texts",
    )  # fmt: skip

    def __init__(
        self,
        id: str,  # noqa: A002
        spec: PipelineSpec,
        store: Store,
        texts: Mapping[str, str],
    ) -> None:
        self.id = id
        self.spec = spec
        self.store = store
        self.texts = texts
        self.steps: dict[str, StepSpec] = {step["id"]: step for step in spec["steps"]}
        self.name = id
        self.target = ""
        self.engine_run = ""
        self.bundle = ""
        self.cache = True
        self.created = time.time()
        self.since = 0.0
        self.stop: StopRecord | None = None

    def redactor(self) -> Redactor | None:
        """What masks the run's secrets, those of its stack's components, and whatever else this
        process has as such.
        """
        declared, stack = self.spec.get("secrets", ()), self.spec.get("stack")
        components = stack is not None and stack["components"]
        if not (declared or components or any(map(_is_secret, os.environ))):
            return None
        from flowc_runtime import redaction

        return redaction.redactor(declared, stack)


def _is_secret(variable: str) -> bool:
    return variable.startswith(contract.SECRET_PREFIX)


def ensure_run(run: Run) -> None:
    """Put the run's record and its place in the listing, unless somebody was faster.

    The run then has the name and time that its record says, for everything that takes part in it.
    """
    key = contract.run_key(run.id)
    record: RunRecord | None = read(run.store, key)
    if record is None:
        run.name = _claim_name(run)
        if run.store.put_if_absent(key, dump(_run_record(run))):
            _list_run(run, run.created)
            return
        record = read(run.store, key)
    if record is not None:
        run.name = record.get("name", run.name)
        run.created = record.get("created", run.created)


def _claim_name(run: Run) -> str:
    """The name that the pipeline's template gives; what the engine calls the run without one."""
    template = run.spec.get("run_name", "")
    if not template:
        return run.name
    from flowc_runtime import naming

    fields = {**_plain_parameters(run), **run.spec.get("substitutions", {})}
    try:
        name = naming.fill_in(
            template, pipeline=run.spec["pipeline"], fields=fields, created=run.created
        )
    except naming.BadNameError as error:  # a run goes on without it
        print(f"flowc: {error}; the run is called {run.name}", file=sys.stderr)
        return run.name
    return naming.claim(run.store, name, run.id)


def mend_listing(run: Run) -> None:
    """List a run whose first process ended between its two writes."""
    record: RunRecord | None = read(run.store, contract.run_key(run.id))
    if record is not None:
        _list_run(run, record.get("created", run.created))


def _list_run(run: Run, created: float) -> None:
    unlisted = bool(run.spec.get("unlisted"))
    key = contract.listing_key(run.spec["pipeline"], created, run.id, unlisted=unlisted)
    if not run.store.exists(key):
        run.store.put_if_absent(key, dump({"run": run.id}))


def _run_record(run: Run) -> RunRecord:
    record: RunRecord = {
        "protocol": contract.PROTOCOL,
        "run": run.id,
        "name": run.name,
        "pipeline": run.spec["pipeline"],
        "target": run.target,
        "engine_run": run.engine_run,
        "bundle": run.bundle,
        "created": run.created,
        "parameters": _plain_parameters(run),
        "steps": [
            {
                "id": step["id"],
                "step": step["name"],
                "function": step["function"]["qualname"],
                "upstream": step["upstream"],
                "retry": step["retry"],
            }
            for step in run.spec["steps"]
        ],
    }
    if run.spec.get("unlisted"):
        record["unlisted"] = True
    return record


def _plain_parameters(run: Run) -> dict[str, Json]:
    plain: dict[str, Json] = {}
    for name, spec in run.spec["parameters"].items():
        if name in run.texts:
            try:
                plain[name] = json.loads(run.texts[name])
            except ValueError:  # the step that uses it says so; here it is only for people
                plain[name] = run.texts[name]
        elif "default" in spec:
            plain[name] = spec["default"]
    return plain


class Generation:
    """What the store holds of one execution of an invocation; number 0 when there is nothing.

    ``attempts`` are the numbers of its attempt records, ascending. ``has_begun`` says whether
    there is more than the token with which it was asked for.
    """

    __slots__ = ("attempts", "has_begun", "has_result", "number")

    def __init__(self, number: int, names: Sequence[str]) -> None:
        self.number = number
        self.has_result = RESULT in names
        self.has_begun = any(name.startswith((ATTEMPT, HOOK)) for name in names)
        self.attempts = sorted(
            int(name[len(ATTEMPT) : -len(".json")])
            for name in names
            if name.startswith(ATTEMPT) and name[len(ATTEMPT) : -len(".json")].isdecimal()
        )


def latest_generation(store: Store, run: str, step: str) -> Generation:
    prefix = contract.step_prefix(run, step)
    by_number: dict[int, list[str]] = {}
    for key in store.list(prefix):
        text, _, name = key[len(prefix) :].partition("/")
        if text.isdecimal():
            by_number.setdefault(int(text), []).append(name)
    number = max(by_number, default=0)
    return Generation(number, by_number.get(number, []))


def read_result(store: Store, run: str, step: str, generation: int) -> ResultRecord | None:
    result: ResultRecord | None = read(store, contract.result_key(run, step, generation))
    return result


def read_upstream(run: Run, step: StepSpec) -> dict[str, ResultRecord | None]:
    """The latest result of everything upstream; a step that began without one is ``lost``."""
    found: dict[str, ResultRecord | None] = {}
    for above in step["upstream"]:
        generation = latest_generation(run.store, run.id, above)
        result = read_result(run.store, run.id, above, generation.number)
        if result is None and generation.number:
            found[above] = {"status": "lost"}
        else:
            found[above] = result
    return found


def put_result(run: Run, step: str, generation: int, result: ResultRecord) -> ResultRecord:
    """Put the result; where somebody else was faster, theirs is the result."""
    key = contract.result_key(run.id, step, generation)
    if run.store.put_if_absent(key, dump(result)):
        return result
    theirs = read_result(run.store, run.id, step, generation)
    return result if theirs is None else theirs


def claim_attempt(run: Run, step: str, generation: int, number: int) -> AttemptRecord:
    """The record of a new attempt, which has this number or the next one that is free."""
    now = time.time()
    while True:
        record: AttemptRecord = {
            "attempt": number,
            "started": now,
            "heartbeat": now,
            "host": os.uname().nodename,
            "pid": os.getpid(),
        }
        key = contract.attempt_key(run.id, step, generation, number)
        if run.store.put_if_absent(key, dump(record)):
            return record
        number += 1


def put_attempt(run: Run, step: str, generation: int, attempt: AttemptRecord) -> None:
    key = contract.attempt_key(run.id, step, generation, attempt["attempt"])
    run.store.put(key, dump(attempt))


def close_attempts(run: Run, step: str, generation: Generation) -> list[AttemptRecord]:
    """The generation's attempts; those that never ended are noted as lost."""
    found: list[AttemptRecord] = []
    for number in generation.attempts:
        attempt: AttemptRecord | None = read(
            run.store, contract.attempt_key(run.id, step, generation.number, number)
        )
        if attempt is None:
            continue
        if "outcome" not in attempt:
            attempt["outcome"] = "lost"
            attempt["error"] = errors.lost()
            attempt["ended"] = attempt["heartbeat"]
            put_attempt(run, step, generation.number, attempt)
        found.append(attempt)
    return found


def new_generation(run: Run, step: str, number: int, token: str) -> Generation:
    """A generation in which nothing has happened; its token is kept, if the engine gave one."""
    if token:
        key = f"{contract.generation_prefix(run.id, step, number)}{TOKEN}"
        run.store.put_if_absent(key, dump({"token": token, "created": time.time()}))
    return Generation(number, ())


def read_token(run: Run, step: str, number: int) -> str:
    found = read(run.store, f"{contract.generation_prefix(run.id, step, number)}{TOKEN}")
    return str(found["token"]) if found else ""


def blocking_reason(step: StepSpec, upstream: Mapping[str, ResultRecord | None]) -> str:
    """Why a step must be skipped: something upstream of it has no outputs to use.

    Raises RequestError when that never began, which no engine that keeps the order can cause.
    """
    missing = ""
    for above in step["upstream"]:
        result = upstream.get(above)
        if result is None:
            missing = missing or above
        elif not keys.is_usable(result):
            return f"upstream '{above}' {contract.ENDINGS[result.get('status', 'lost')]}"
    if missing:
        raise keys.RequestError(
            f"step '{step['id']}' needs '{missing}', and '{missing}' never ran in this run"
        )
    return ""


def explain(result: ResultRecord) -> str:
    """One line about how a step ended; nothing when there is nothing to say."""
    error = result.get("error")
    if error is not None:
        message = error.get("message", "")
        return f"{error.get('type')}: {message}" if error.get("kind") == "exception" else message
    return "" if result.get("status") == "completed" else result.get("reason", "")
