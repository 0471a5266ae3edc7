"""A bundle whose module has hooks that note their calls, one line for each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flowc_runtime import contract
from tests.runtime.bundles import RUN, Bundle, pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowc_runtime.contract import StepSpec

AUTHOR = """
import os, signal, sys, time
from flowc_runtime.context import get_step_context, log_metadata

def note(*words):
    with open({notes!r}, "a") as file:
        print(*words, file=file)

def one(): return 1
def two(n): return n, n + 1
def nothing(): pass
def bad(): raise ValueError("no")
def killed(): os.kill(os.getpid(), 9)
def slow():
    note("slow began")
    time.sleep(60)
def orphaned(): os.kill(os.getppid(), 9)

def start(): note("start")
def end(exception): note("end", repr(exception))
def success(step_name, step_output): note("success", step_name, step_output)
def failure(exception: BaseException): note("failure", type(exception).__name__, exception)
def cached(step_output): note("cached", step_output)
def init(): note("init")
def cleanup(exception): note("cleanup", repr(exception))

def raises(): raise KeyError("hook")
def exits(): sys.exit(3)
def dies(): os.kill(os.getpid(), 9)
def hangs(): time.sleep(600)
def speaks(): print("spoken by the hook")
"""


class Scene(Bundle):
    """``author`` is added to the module; ``hooks`` are the run's."""

    def __init__(
        self,
        folder: Path,
        *steps: StepSpec,
        author: str = "",
        hooks: Mapping[str, str] | None = None,
        modules: Mapping[str, str] | None = None,
    ) -> None:
        self.file = folder / "notes"
        text = AUTHOR.replace("{notes!r}", repr(str(self.file))) + author
        super().__init__(folder, text, pipeline(*steps, hooks=hooks))
        for name, code in (modules or {}).items():
            path = self.folder / "src" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(code)

    @property
    def notes(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    def wait_for(self, line: str) -> None:
        deadline = time.monotonic() + 20
        while line not in self.notes:
            assert time.monotonic() < deadline, f"{line!r} was never noted: {self.notes}"
            time.sleep(0.02)

    def hook(self, id_: str, event: str, generation: int = 1) -> dict[str, Any]:
        return self.record(contract.hook_key(RUN, id_, generation, event))

    def run_hook(self, event: str) -> dict[str, Any]:
        return self.record(contract.run_hook_key(RUN, event))

    def forget_result(self, id_: str) -> None:
        """As if its process had died just before it stored the result."""
        self.store.delete(contract.result_key(RUN, id_, 1))
