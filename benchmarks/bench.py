"""What every benchmark is given."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from benchmarks.measure import Command
from benchmarks.peers import find_peer

SUBJECTS = Path(__file__).resolve().parent / "subjects"
CHAIN = SUBJECTS / "chain.py"


@dataclass(frozen=True)
class Bench:
    """How often to measure and how long the long pipelines are; ``scratch`` is a fresh folder."""

    scratch: Path
    rounds: int
    steps: int
    with_peers: bool

    @cached_property
    def kedro(self) -> Path | None:
        return find_peer("kedro") if self.with_peers else None

    @cached_property
    def kfp(self) -> Path | None:
        return find_peer("kfp") if self.with_peers else None

    @cached_property
    def airflow(self) -> Path | None:
        return find_peer("airflow") if self.with_peers else None

    def flowc(self, *words: str | Path) -> Command:
        """A command line of flowc as its users start it."""
        program = Path(sys.executable).with_name("flowc")
        home = self.scratch / "home"
        return Command(argv=[program, *words], cwd=self.scratch, env={"FLOWC_HOME": str(home)})


def kedro_command(bench: Bench, python: Path, name: str, *words: str) -> Command:
    """A command of Kedro in a copy of the chain's project, called ``name``."""
    project = bench.scratch / name
    if not project.exists():
        shutil.copytree(SUBJECTS / "kedro_project", project)
        (project / "conf" / "local").mkdir()
    return Command(argv=[python, "-m", "kedro", *words], cwd=project)


def with_steps(command: Command, steps: int) -> Command:
    environment = {"STEPS": str(steps), "DO_NOT_TRACK": "1", "KEDRO_DISABLE_TELEMETRY": "1"}
    return replace(command, env=environment)
