"""Runs cases on this machine, in this process, as the driver does it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flowc.driver import load_pipeline, run_pipeline
from tests.conformance.catalogue import place
from tests.conformance.seen import look

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from flowc.registry import Reporter
    from tests.conformance.catalogue import Entry
    from tests.conformance.expectation import Edit, Run
    from tests.conformance.seen import Seen


class Silent:
    """A reporter that tells nobody."""

    def run_started(self, run: str, steps: list[str]) -> None: ...
    def step_started(self, step: str) -> None: ...
    def step_log(self, step: str, line: str) -> None: ...
    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None: ...
    def note(self, text: str) -> None: ...


class Told(Silent):
    """A reporter that keeps all that it is told of steps."""

    def __init__(self) -> None:
        self.text = ""

    def step_log(self, step: str, line: str) -> None:
        self.text += f"{step} {line}\n"

    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None:
        del seconds
        self.text += f"{step} {status} {detail}\n"

    def note(self, text: str) -> None:
        self.text += f"{text}\n"


def typed(parameters: Mapping[str, object]) -> dict[str, str]:
    """Parameters as they are typed on the command line."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in parameters.items()
    }


def run_here(
    entry: Entry, folder: Path, reporter: Reporter | None = None
) -> Iterator[tuple[Run, Seen]]:
    """Each run of the case with what it left, one after the other, all in one store.

    Raises FlowcError when the case is refused.
    """
    uri = f"file://{folder}/store"
    edits: list[Edit] = []
    for number, run in enumerate(entry.case.runs, 1):
        edits += run.edits
        source = place(entry, folder / f"run-{number}", edits)
        id_ = run_pipeline(
            load_pipeline(f"{source}:{entry.name}"),
            target="local",
            parameters=typed(run.parameters),
            config=str(source.parent / run.config) if run.config else "",
            store=uri,
            reporter=reporter or Silent(),
        )
        yield run, look(uri, id_)
