"""One run of one case on one target, from its sources to what it left."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from e2e.targets import CERTIFICATES, INSIDE
from flowc.client import Client
from flowc.driver import compile_pipeline, load_pipeline, trace
from flowc.registry import BuildOptions, Volume
from flowc_backends.kubeflow.parameters import argument
from tests.conformance.catalogue import place
from tests.conformance.here import Silent, typed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.catalogue import Entry
    from tests.conformance.expectation import Run

ONE_AT_A_TIME = threading.Lock()
"""Compiling imports the author's module into this process, which has only one of each name."""


@dataclass(slots=True, kw_only=True)
class Job:
    """One run of a case, in the target's folder.

    ``state`` is the engine's own word for how it ended, and after a crash all it says of that.
    """

    entry: Entry
    run: Run
    number: int
    folder: Path
    before: set[str] = field(default_factory=set[str])
    build: Path | None = None
    arguments: dict[str, object] = field(default_factory=dict[str, object])
    state: str = ""
    refusal: str = ""

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def uri(self) -> str:
        return f"file://{self.folder}/stores/{self.name}"

    @property
    def file(self) -> Path:
        return self.folder / "sources" / f"{self.name}-{self.number}" / self.entry.source

    @property
    def source(self) -> str:
        return f"{self.file}:{self.name}"

    @property
    def config(self) -> str:
        return str(self.file.parent / self.run.config) if self.run.config else ""

    @property
    def is_new(self) -> bool:
        """Whether the sources differ from those of the run before."""
        return self.number == 1 or bool(self.run.edits)

    def write(self) -> None:
        """Put the sources where they are compiled from, with all edits up to this run's."""
        runs = self.entry.case.runs[: self.number]
        edits = [edit for run in runs for edit in run.edits]
        place(self.entry, self.folder / "sources" / f"{self.name}-{self.number}", edits)
        self.before = set(self.run_ids())

    def compile(self, target: str, image: str) -> None:
        """Raises FlowcError when the target refuses the pipeline."""
        out = self.folder / "builds" / f"{self.name}-{self.number}"
        stores = self.folder / "stores"
        volume = Volume(source=str(stores), target=INSIDE)
        if target == "kubeflow":
            volume = Volume(source="flowc-store", target=INSIDE, kind="pvc")
        with ONE_AT_A_TIME:
            pipeline = load_pipeline(self.source)
            compile_pipeline(
                pipeline,
                target,
                out=str(out),
                parameters={},
                config=self.config,
                store=f"file://{INSIDE}/{self.name}",
                volumes=(volume,),
                parent_image=image,
                build=BuildOptions(ca_bundle=CERTIFICATES),
                reporter=Silent(),
            )
            self.arguments = dict(self.run.parameters)
            if target == "kubeflow":
                kinds = {one.name: one.type.kind for one in trace(pipeline, {}).parameters}
                self.arguments = {
                    name: argument(json.dumps(value), kinds[name])
                    for name, value in self.run.parameters.items()
                }
        self.build = out

    def options(self) -> list[str]:
        """The parameters and the configuration as options of `flowc run`."""
        pairs = typed(self.run.parameters).items()
        words = [word for name, text in pairs for word in ("--param", f"{name}={text}")]
        return [*words, "--config", self.config] if self.config else words

    def built(self, pattern: str) -> Path:
        assert self.build is not None
        [found] = self.build.glob(pattern)
        return found

    def run_ids(self) -> list[str]:
        return [run["run_id"] for run in Client(self.uri).runs(limit=None)]

    def run_id(self) -> str:
        fresh = [id_ for id_ in self.run_ids() if id_ not in self.before]
        assert len(fresh) == 1, f"{self.name} left the new runs {fresh}; its state: {self.state}"
        return fresh[0]
