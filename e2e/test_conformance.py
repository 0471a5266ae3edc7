"""Every conformance case on every real engine, judged by the judge that judges this machine."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from e2e.conformance.batches import Batch, Outcome
from e2e.conformance.places import OnAirflow, OnDocker, OnKubeflow, OnPrefect, Place
from tests.conformance import parity, planted
from tests.conformance.catalogue import Entry, entries
from tests.conformance.here import run_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from e2e.engines.session import Engines
    from e2e.tables import RecordTable
    from tests.conformance.seen import Seen

ENGINES = {
    "docker": "docker_engine",
    "kubeflow": "kfp",
    "prefect": "prefect",
    "airflow3": "airflow3",
    "airflow2": "airflow2",
}
"""The targets in the order in which their batches run, and their fixtures."""

BATCHES_AT_ONCE = 2
"""One waits for its engine while another has the processors."""


def cases() -> list[Any]:
    found: list[Any] = []
    for target, engine in ENGINES.items():
        for entry in entries():
            marks = [pytest.mark.engine(engine)]
            if not entry.case.cover:
                marks.append(pytest.mark.full)
            found.append(pytest.param(target, entry, marks=marks, id=f"{target}-{entry.name}"))
    return found


def make_place(target: str, engines: Engines) -> Place:
    match target:
        case "docker":
            return OnDocker(engines.image)
        case "kubeflow":
            return OnKubeflow(engines.kfp)
        case "prefect":
            return OnPrefect(engines.prefect)
        case "airflow3":
            return OnAirflow(engines.airflow3)
        case _:
            return OnAirflow(engines.airflow2)


class Batches:
    """Every target's selected cases, begun when the first of them is asked for.

    ``here`` is what each left on this machine. That comes first: it forks, which the threads of
    the batches would not like.
    """

    def __init__(
        self, engines: Engines, selected: dict[str, list[Entry]], folder: Callable[[str], Path]
    ) -> None:
        wanted = {entry.name: entry for chosen in selected.values() for entry in chosen}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in planted.environment().items():
                patch.setenv(name, value)
            self.here = {name: run_local(entry, folder(name)) for name, entry in wanted.items()}
        engines.base_image.ready()
        self._over = Event()
        self._pool = ThreadPoolExecutor(BATCHES_AT_ONCE)
        self._batches: dict[str, Batch] = {}
        self._running: dict[str, Future[dict[str, Outcome]]] = {}
        for target, chosen in selected.items():
            batch = self._batches[target] = Batch(
                place=make_place(target, engines),
                entries=chosen,
                folder=folder(target),
                image=engines.image,
                over=self._over,
            )
            self._running[target] = self._pool.submit(batch.run)

    def outcome(self, target: str, entry: Entry) -> Outcome:
        running = self._running[target]
        if error := running.exception():
            pytest.fail(f"the batch of {target} broke: {error!r}", pytrace=False)
        return running.result()[entry.name]

    def leaks(self, target: str) -> list[str]:
        """Where secrets are left when the target's cases have all ended."""
        if target not in self._running:
            pytest.skip("none of the selected cases runs there")
        assert not self._running[target].exception()
        return self._batches[target].leaks()

    def stop(self) -> None:
        self._over.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


@pytest.fixture(scope="module")
def batches(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Batches]:
    selected: dict[str, list[Entry]] = {}
    for item in request.session.items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        entry = parameters.get("entry")
        if item.path == request.path and isinstance(entry, Entry):
            target = parameters["target"]
            if target not in entry.case.not_run:
                selected.setdefault(target, []).append(entry)
    made = Batches(engines, selected, tmp_path_factory.mktemp)
    yield made
    made.stop()


def run_local(entry: Entry, folder: Path) -> list[Seen]:
    if "local" in entry.case.refused:
        return []
    return [seen for _, seen in run_here(entry, folder)]


def keys(seen: list[Seen]) -> list[dict[str, str | None]]:
    return [{step["id"]: step["cache_key"] for step in one.document["steps"]} for one in seen]


@pytest.fixture(scope="module")
def answers(record_table: RecordTable) -> Iterator[dict[tuple[str, str], str]]:
    """What each target answered; printed, and written down when nothing was left out."""
    found: dict[tuple[str, str], str] = {}
    yield found
    shown: dict[str, dict[str, str]] = {}
    for (name, target), answer in found.items():
        shown.setdefault(target, {})[name] = answer
    record_table("conformance", shown)
    everything = {(entry.name, target) for entry in entries() for target in ENGINES}
    for entry in entries():
        found[entry.name, "local"] = parity.promised(entry, "local")
    if everything <= found.keys():
        parity.DOCUMENT.write_text(parity.render(found), encoding="utf-8")


@pytest.mark.parametrize(("target", "entry"), cases())
@pytest.mark.shows("ship_image", on=["kubeflow", "airflow", "prefect"])
@pytest.mark.shows("docker_executor", on=["docker", "airflow", "prefect"])
@pytest.mark.shows("ship_mount", on=["docker"])
def test_conformance(
    target: str,
    entry: Entry,
    batches: Batches,
    answers: dict[tuple[str, str], str],
) -> None:
    answers[entry.name, target] = parity.WRONG
    if target in entry.case.not_run:
        answers[entry.name, target] = parity.NOT_RUN
        pytest.skip(entry.case.not_run[target])
    outcome = batches.outcome(target, entry)
    refusal = entry.case.refused.get(target, "")
    assert bool(outcome.refusal) == bool(refusal), outcome.refusal
    assert refusal in outcome.refusal
    problems = "\n".join(outcome.problems)
    assert not problems, f"\n{problems}"
    if not refusal and not entry.case.own_keys:
        assert keys(outcome.seen) == keys(batches.here[entry.name])
    answers[entry.name, target] = parity.promised(entry, target)


@pytest.mark.parametrize(
    "target",
    [pytest.param(target, marks=pytest.mark.engine(engine)) for target, engine in ENGINES.items()],
)
def test_no_secret_is_left_anywhere(target: str, batches: Batches) -> None:
    assert batches.leaks(target) == []
