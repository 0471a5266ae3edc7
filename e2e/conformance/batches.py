"""All cases of a target, wave by wave, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from e2e.conformance.jobs import Job
from e2e.engines import EngineError
from flowc.errors import FlowcError
from tests import leaks
from tests.conformance import planted
from tests.conformance.judge import judge
from tests.conformance.seen import look

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The cases of one target; ``folder`` is the target's, ``over`` ends the batch early."""

    place: Place
    entries: Sequence[Entry]
    folder: Path
    image: str
    over: Event

    def leaks(self) -> list[str]:
        """Where the planted secrets are: in builds, stores, whatever the engine keeps."""
        return [*leaks.in_folder(self.folder, planted.VALUES), *self.place.leaks()]

    def run(self) -> dict[str, Outcome]:
        """Run all of the cases, wave by wave; the outcome of each by name."""
        outcomes = {entry.name: Outcome() for entry in self.entries}
        (self.folder / "stores").mkdir()
        for number in range(1, 1 + max(len(entry.case.runs) for entry in self.entries)):
            jobs = [
                job
                for job in self._wave(number, outcomes)
                if self._prepare(job, outcomes[job.name])
            ]
            if jobs:
                self.place.run_all(jobs)
            for job in jobs:
                _judge(job, outcomes[job.name])
        return outcomes

    def _wave(self, number: int, outcomes: Mapping[str, Outcome]) -> Iterator[Job]:
        for entry in self.entries:
            outcome = outcomes[entry.name]
            if len(entry.case.runs) >= number and not (outcome.refusal or outcome.problems):
                run = entry.case.runs[number - 1]
                yield Job(entry=entry, run=run, number=number, folder=self.folder)

    def _prepare(self, job: Job, outcome: Outcome) -> bool:
        """Whether the job can run; the outcome has the refusal when it cannot."""
        if self.over.is_set():
            raise EngineError("the tests are being ended")
        job.write()
        try:
            if self.place.compiles:
                job.compile(self.place.target, self.image)
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
