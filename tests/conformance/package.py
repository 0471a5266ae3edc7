"""A package of Kubeflow's with its tasks as processes of this machine, side by side.

KFP's own local runner has one task run after the other, and knows no time of a run. This starts
each task when those that it depends on have ended, as the cluster does, with what the package says
of it: command, arguments and the document that the launcher passes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future
    from pathlib import Path

PATIENCE = 120


@dataclass(frozen=True, slots=True)
class Package:
    """``folder`` is a build directory whose bundle is shipped apart."""

    folder: Path
    store: str
    run: str

    def execute(self, arguments: Mapping[str, object]) -> bool:
        """Run it to its end; whether all of its tasks ended well."""
        [file] = self.folder.glob("*.yaml")
        document = next(yaml.safe_load_all(file.read_text(encoding="utf-8")))
        declared = document["root"].get("inputDefinitions", {}).get("parameters", {})
        given = {
            name: arguments.get(name, it.get("defaultValue")) for name, it in declared.items()
        }
        return self._run_dag(document, document["root"]["dag"], given)

    def _run_dag(
        self, document: dict[str, Any], dag: dict[str, Any], given: Mapping[str, object]
    ) -> bool:
        started: dict[str, Future[bool]] = {}

        def run(task: dict[str, Any]) -> bool:
            above = [started[name].result() for name in task.get("dependentTasks", ())]
            anyway = "triggerPolicy" in task
            return (all(above) or anyway) and self._run_task(document, task, given)

        with ThreadPoolExecutor(len(dag["tasks"])) as pool:
            for name, task in dag["tasks"].items():
                started[name] = pool.submit(run, task)
        return all(future.result() for future in started.values())

    def _run_task(
        self, document: dict[str, Any], task: dict[str, Any], given: Mapping[str, object]
    ) -> bool:
        inputs = {
            name: given[it["componentInputParameter"]]
            if "componentInputParameter" in it
            else self._constant(it["runtimeValue"]["constant"])
            for name, it in task.get("inputs", {}).get("parameters", {}).items()
        }
        component = document["components"][task["componentRef"]["name"]]
        if "dag" in component:
            return self._run_dag(document, component["dag"], inputs)
        executor = document["deploymentSpec"]["executors"][component["executorLabel"]]
        return self._start(executor["container"], inputs)

    def _constant(self, text: str) -> str:
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = text.replace("{{$.pipeline_job_uuid}}", self.run)
        return text.replace("{{$.pipeline_job_schedule_time_utc}}", now)

    def _start(self, container: dict[str, Any], inputs: Mapping[str, object]) -> bool:
        told = json.dumps({"inputs": {"parameterValues": inputs}, "outputs": {}})
        words = [sys.executable, *container["command"][1:], *container["args"]]
        for name, value in inputs.items():
            place = f"{{{{$.inputs.parameters['{name}']}}}}"
            words = [word.replace(place, str(value)) for word in words]
        words = [told if word == "{{$}}" else self._local(word) for word in words]
        variables = {it["name"]: it["value"] for it in container.get("env", ())}
        done = subprocess.run(
            words,
            env={**os.environ, **variables, "FLOWC_STORE": self.store},
            stdout=subprocess.DEVNULL,
            check=False,
            timeout=PATIENCE,
        )
        return done.returncode == 0

    def _local(self, word: str) -> str:
        """Where the bundle is here that the package finds in its mounted folder."""
        return word.replace("/opt/flowc/bundles", f"{self.folder}/bundles")
