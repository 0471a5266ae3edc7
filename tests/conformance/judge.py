"""Compares what a run left with what the case promises: one judge for every target."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from flowc.errors import FlowcError
from tests.conformance.expectation import Anything, Shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.expectation import Run, Step
    from tests.conformance.seen import Seen, SeenStep

HOOK, SAY = "HOOK ", "SAY "


def judge(run: Run, seen: Seen) -> list[str]:
    """Everything that is not as promised, in words; nothing when all is well."""
    return list(_problems(run, seen))


def _problems(run: Run, seen: Seen) -> Iterator[str]:
    yield from _differs("the run's status", run.status, seen.document["status"])
    if run.name:
        yield from _differs("the run's name", run.name, seen.document["name"])
    yield from _differs("the invocations", sorted(run.steps), sorted(seen.steps))
    for id_, step in run.steps.items():
        if id_ in seen.steps:
            for problem in _judge_step(id_, step, seen):
                yield f"{id_}: {problem}"
    yield from _judge_order(run, seen)
    yield from _differs("the run's hooks", list(run.hooks), _run_hooks(run, seen))


def _differs(what: str, expected: object, found: object) -> Iterator[str]:
    if expected != found:
        yield f"{what}: expected {expected!r}, found {found!r}"


def _judge_step(id_: str, step: Step, seen: Seen) -> Iterator[str]:
    found = seen.steps[id_]
    document = found.document
    yield from _differs("status", step.status, document["status"])
    yield from _differs("attempts", step.attempts, document["attempts"])
    yield from _judge_attempts(step, found)
    yield from _judge_error(step, found)
    yield from _differs("metadata", dict(step.metadata), found.metadata)
    yield from _differs("says", list(step.says), _lines(found.log, SAY))
    yield from _differs("hooks", list(step.hooks), _step_hooks(found.log))
    broken = [event for event, hook in found.hooks.items() if hook.get("outcome") != "completed"]
    yield from _differs("broken hooks", sorted(step.broken_hooks), sorted(broken))
    expected = step.expected_outputs
    yield from _differs("outputs", sorted(expected), sorted(document["outputs"]))
    for name in expected.keys() & document["outputs"].keys():
        yield from _judge_value(seen, id_, name, expected[name])


def _judge_attempts(step: Step, found: SeenStep) -> Iterator[str]:
    yield from _differs("attempt records", step.attempts, len(found.attempts))
    yield from _differs("least delays", len(step.waits), max(0, len(found.attempts) - 1))
    pairs = zip(found.attempts, found.attempts[1:], strict=False)
    for (before, after), least in zip(pairs, step.waits, strict=False):
        waited = after["started"] - before.get("ended", after["started"])
        if waited < least:
            yield f"attempt {after['attempt']} began after {waited:.3f} s, not {least} s"
    for attempt in found.attempts:
        lasted = attempt.get("ended", attempt["started"]) - attempt["started"]
        if lasted < step.least_seconds or (step.most_seconds and lasted > step.most_seconds):
            yield f"attempt {attempt['attempt']} lasted {lasted:.3f} s"


def _judge_error(step: Step, found: SeenStep) -> Iterator[str]:
    error = found.document["error"] or {}
    yield from _differs("error", step.error, error.get("kind", ""))
    message = error.get("message", "")
    if step.message not in message:
        yield f"message: expected {step.message!r} in {message!r}"


def _judge_value(seen: Seen, id_: str, name: str, expected: object) -> Iterator[str]:
    if isinstance(expected, Anything):
        return
    try:
        value = seen.value(id_, name)
    except FlowcError as error:
        yield f"output {name} cannot be loaded: {error}"
        return
    if isinstance(expected, Shown):
        yield from _differs(f"output {name}", expected.text, repr(value))
    elif not _same(expected, value):
        yield f"output {name}: expected {expected!r}, found {value!r}"


def _same(expected: object, found: object) -> bool:
    """Equal, and of the same types all the way down: 1 is not True, a tuple is no list."""
    return expected == found and repr(expected) == repr(found)


def _judge_order(run: Run, seen: Seen) -> Iterator[str]:
    for line in run.order:
        first, _, second = line.partition(" < ")
        ended = [one.get("ended", float("inf")) for one in seen.steps[first].attempts]
        began = [one["started"] for one in seen.steps[second].attempts]
        if not ended or not began or max(ended) > min(began):
            yield f"order: {line} does not hold: {ended} {began}"
    if run.together:
        attempts = [one for id_ in run.together for one in seen.steps[id_].attempts]
        if max(one["started"] for one in attempts) > min(one.get("ended", 0) for one in attempts):
            yield f"{', '.join(run.together)} did not run at the same time"
    attempts = [one for id_ in run.apart for one in seen.steps[id_].attempts]
    attempts.sort(key=lambda one: one["started"])
    for before, after in itertools.pairwise(attempts):
        if before.get("ended", float("inf")) > after["started"]:
            yield f"two of {', '.join(run.apart)} ran at the same time"


def _lines(log: str, word: str) -> list[str]:
    return [line.removeprefix(word) for line in log.splitlines() if line.startswith(word)]


def _is_of_run(line: str) -> bool:
    return line.startswith(("on_init", "on_cleanup"))


def _step_hooks(log: str) -> list[str]:
    return [line for line in _lines(log, HOOK) if not _is_of_run(line)]


def _run_hooks(run: Run, seen: Seen) -> list[str]:
    """on_init speaks in the log of whichever step came first, on_cleanup in the run's own."""
    logs = [seen.steps[id_].log for id_ in run.steps if id_ in seen.steps]
    return [line for log in [*logs, seen.log] for line in _lines(log, HOOK) if _is_of_run(line)]
