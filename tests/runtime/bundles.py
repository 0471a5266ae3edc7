"""Bundles made by hand: a folder with the runtime, an author's module and a specification."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flowc_runtime
from flowc_runtime import contract, materializers, stores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowc_runtime.contract import HookSpec, InputSpec, PipelineSpec, ScheduleSpec, StepSpec

RUNTIME = Path(flowc_runtime.__file__).parent
RUN = "p-1"


def step(  # noqa: PLR0913 - each is one field of the specification
    id: str,  # noqa: A002 - the field's name
    function: str = "",
    *,
    inputs: Mapping[str, InputSpec] | None = None,
    outputs: Sequence[str] = ("output",),
    upstream: Sequence[str] = (),
    cache: bool = True,
    retries: int = 0,
    delay: float = 0.0,
    backoff: float = 1.0,
    max_delay: float | None = None,
    only_on: Sequence[str] = (),
    timeout: float | None = None,
    hooks: Mapping[str, str] | None = None,
    infrastructure_retries: int = 0,
) -> StepSpec:
    return {
        "id": id,
        "name": function or id,
        "function": {"module": "author", "qualname": function or id},
        "source": "author.py:1",
        "doc": "",
        "inputs": dict(inputs or {}),
        "types": {},
        "outputs": [
            {"name": name, "type": {"kind": "any"}, "materializer": None} for name in outputs
        ],
        "upstream": list(upstream),
        "cache": cache,
        "retry": {
            "max_retries": retries,
            "delay": delay,
            "backoff": backoff,
            "max_delay": max_delay,
            "only_on": list(only_on),
        },
        "hooks": hook_specs(hooks or {}),
        "timeout": timeout,
        "infrastructure_retries": infrastructure_retries,
        "ingredients": {"code": function or id},
    }


def hook_specs(hooks: Mapping[str, str]) -> dict[str, HookSpec]:
    """Functions by event: ``name`` in the author's module, or ``module:name``."""
    found: dict[str, HookSpec] = {}
    for event, text in hooks.items():
        module, colon, name = text.rpartition(":")
        module = module if colon else "author"
        found[event] = {"module": module, "qualname": name, "source": "author.py:1"}
    return found


def output(step: str, name: str = "output") -> InputSpec:
    return {"step": step, "output": name}


def pipeline(
    *steps: StepSpec,
    parameters: Mapping[str, Any] | None = None,
    hooks: Mapping[str, str] | None = None,
    execution_mode: str = "continue_on_failure",
    timeout: float | None = None,
    schedule: ScheduleSpec | None = None,
) -> PipelineSpec:
    spec: PipelineSpec = {
        "protocol": contract.PROTOCOL,
        "flowc": "0",
        "pipeline": "p",
        "source": "author.py:1",
        "doc": "",
        "parameters": dict(parameters or {}),
        "steps": list(steps),
        "roots": ["src"],
        "hooks": hook_specs(hooks or {}),
        "execution_mode": execution_mode,
        "timeout": timeout,
    }
    if schedule is not None:
        spec["schedule"] = schedule
    return spec


class Bundle:
    """An unpacked bundle and a store; ``step`` and ``finalise`` do what a container would."""

    def __init__(self, folder: Path, author: str, spec: PipelineSpec) -> None:
        self.folder = folder / "bundle-1"
        self.store = stores.open_store(f"file:{folder / 'store'}")
        (self.folder / "src").mkdir(parents=True)
        (self.folder / "src" / "author.py").write_text(author)
        (self.folder / "pipeline.json").write_text(json.dumps(spec))
        (self.folder / "__main__.py").write_bytes((RUNTIME / "boot.py").read_bytes())
        (self.folder / "flowc_runtime").symlink_to(RUNTIME)

    def start(
        self, *arguments: str, python: Sequence[str] = (sys.executable,), **environment: str
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*python, str(self.folder), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "FLOWC_STORE": self.store.uri, **environment},
        )

    def call(
        self, *arguments: str, python: Sequence[str] = (sys.executable,), **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        process = self.start(*arguments, python=python, **environment)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def step(self, id_: str, *more: str, run: str = RUN) -> subprocess.CompletedProcess[bytes]:
        return self.call("step", id_, "--run", run, *more)

    def finalise(self, *more: str) -> subprocess.CompletedProcess[bytes]:
        return self.call("finalise", "--run", RUN, *more)

    def result(self, id_: str, generation: int = 1, run: str = RUN) -> dict[str, Any]:
        return self.record(contract.result_key(run, id_, generation))

    def attempts(self, id_: str, generation: int = 1) -> list[dict[str, Any]]:
        prefix = f"{contract.generation_prefix(RUN, id_, generation)}attempt-"
        return [self.record(key) for key in self.store.list(prefix)]

    def log(self, id_: str, generation: int = 1) -> bytes:
        return self.store.get(contract.log_key(RUN, id_, generation))

    def value(self, id_: str, name: str = "output", run: str = RUN) -> Any:
        artifact = self.result(id_, run=run)["outputs"][name]
        path = stores.open_contents(self.store, artifact["digest"])
        return materializers.load(artifact["materializer"], path)

    def record(self, key: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.store.get(key))
        return document
