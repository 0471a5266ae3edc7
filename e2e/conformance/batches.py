"""All cases of a target, wave by wave, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from e2e.conformance.jobs import Job
from flowc.errors import FlowcError
from tests.conformance.judge import judge
from tests.conformance.seen import look

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from e2e.conformance.places import Place
    from tests.conformance.catalogue import Entry
    from tests.conformance.seen import Seen

WENT_WELL = frozenset({"completed", "success", "COMPLETED", "SUCCESS"})
WENT_WRONG = frozenset({"failed", "FAILED", "FAILURE"})


@dataclass(slots=True)
class Outcome:
    """What a target did with a case: refused it, or left these runs.

    ``problems`` is everything that is not as promised.
    """

    refusal: str = ""
    seen: list[Seen] = field(default_factory=list[Any])
    problems: list[str] = field(default_factory=list[str])


def run_batch(
    place: Place, entries: Sequence[Entry], folder: Path, image: str
) -> dict[str, Outcome]:
    """Run all of the cases; the outcome of each by name."""
    outcomes = {entry.name: Outcome() for entry in entries}
    (folder / "stores").mkdir()
    waves = max(len(entry.case.runs) for entry in entries)
    for number in range(1, waves + 1):
        jobs: list[Job] = []
        for entry in entries:
            outcome = outcomes[entry.name]
            if len(entry.case.runs) < number or outcome.refusal or outcome.problems:
                continue
            run = entry.case.runs[number - 1]
            job = Job(entry=entry, run=run, number=number, folder=folder)
            if _prepare(place, job, image, outcome):
                jobs.append(job)
        if jobs:
            place.run_all(jobs)
        for job in jobs:
            _judge(job, outcomes[job.name])
    return outcomes


def _prepare(place: Place, job: Job, image: str, outcome: Outcome) -> bool:
    """Whether the job can run; the outcome has the refusal when it cannot."""
    job.write()
    try:
        if place.compiles:
            job.compile(place.target, image)
    except FlowcError as error:
        outcome.refusal = str(error)
        return False
    return True


def _judge(job: Job, outcome: Outcome) -> None:
    if job.refusal:
        outcome.refusal = job.refusal
        return
    run = f"run {job.number}"
    try:
        seen = look(job.uri, job.run_id())
    except (AssertionError, FlowcError) as error:
        outcome.problems.append(f"{run}: {error}")
        return
    outcome.seen.append(seen)
    expected = WENT_WELL if job.run.status == "completed" else WENT_WRONG
    if job.state not in expected:
        outcome.problems.append(f"{run}: the engine says {job.state}")
    outcome.problems += [f"{run}: {problem}" for problem in judge(job.run, seen)]
