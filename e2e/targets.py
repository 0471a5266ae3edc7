"""The five targets behind one method: run this pipeline, and show the run's document.

Each target has a store of its own, so that none is served from another's cache. What a person
would type is run as a command; the engines do the rest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from flowc_backends.kubeflow.parameters import argument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.engines.airflow import Airflow
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect

CHECKOUT = Path(__file__).parents[1]
FLOWC = Path(sys.executable).parent / "flowc"
INSIDE = "/flowc/store"
KINDS = {"str": "str", "float": "float", "bool": "bool"}
"""Parameters that Kubeflow has a type for which holds every value."""
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def flowc(*arguments: str | Path, image: str = "", status: int = 0, seed: str = "0") -> str:
    """Run the command from the checkout; what it printed on standard output."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": seed,
        "FLOWC_PARENT_IMAGE": image,
        "FLOWC_CA_BUNDLE": CERTIFICATES if Path(CERTIFICATES).exists() else "",
    }
    environment.pop("FLOWC_STORE", None)
    command = [str(FLOWC), *map(str, arguments)]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, f"{command} ended with {done.returncode}:\n{done.stderr}"
    return done.stdout


@dataclass(slots=True)
class Started:
    """A run that an engine was asked for."""

    engine_run: str
    document: dict[str, Any] = field(default_factory=dict[str, Any])


class Target(Protocol):
    """Where a pipeline can be run; ``store`` is a folder of this machine."""

    name: str
    store: Path

    def prepare(self, source: Path) -> str: ...
    def run(self, prepared: str, parameters: Mapping[str, object]) -> str:
        """Returns the engine's own final state."""
        ...


def only_run(store: Path, pipeline: str, before: set[str]) -> dict[str, Any]:
    """The document of the one run of a pipeline that was not there ``before``."""
    uri = f"file://{store}"
    runs = json.loads(flowc("runs", "list", "--json", "--store", uri))
    fresh = [run["run_id"] for run in runs if run["pipeline"] == pipeline]
    fresh = [run for run in fresh if run not in before]
    assert len(fresh) == 1, f"{pipeline} in {store} has the new runs {fresh}"
    document: dict[str, Any] = json.loads(
        flowc("runs", "show", fresh[0], "--json", "--store", uri)
    )
    return document


def run_ids(store: Path) -> set[str]:
    listed = json.loads(flowc("runs", "list", "--json", "--store", f"file://{store}"))
    return {run["run_id"] for run in listed}


class Machine:
    """`flowc run` on this machine, in processes or in containers."""

    def __init__(self, name: str, folder: Path, image: str) -> None:
        self.name, self.image = name, image
        self.store = folder / name
        self.store.mkdir(parents=True)

    def prepare(self, source: Path) -> str:
        return str(source)

    def run(self, prepared: str, parameters: Mapping[str, object]) -> str:
        typed: list[str] = []
        for name, value in parameters.items():
            text = value if isinstance(value, str) else json.dumps(value)
            typed += ["--param", f"{name}={text}"]
        where = ["--target", self.name, "--store", f"file://{self.store}", "--json"]
        done = subprocess.run(
            [str(FLOWC), "run", prepared, *where, *typed],
            cwd=CHECKOUT,
            env={**os.environ, "FLOWC_PARENT_IMAGE": self.image, "FLOWC_CA_BUNDLE": CERTIFICATES},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1, 130), done.stderr
        return str(json.loads(done.stdout)["status"])


def build(name: str, source: Path, store: Path, image: str) -> Path:
    """Compile for an engine into a folder beside the store."""
    target = name.rstrip("23")
    out = store.parent / f"build-{name}" / source.stem
    kind = "pvc:flowc-store:" if target == "kubeflow" else f"{store}:"
    options = ["--store", f"file://{INSIDE}", "--volume", f"{kind}{INSIDE}", "--out", str(out)]
    flowc("compile", source, "--target", target, *options, image=image)
    return out


class OnAirflow:
    """A running Airflow: its scheduler starts the containers."""

    def __init__(self, name: str, airflow: Airflow, folder: Path, image: str) -> None:
        self.name, self.airflow, self.image = name, airflow, image
        self.store = folder / name
        self.store.mkdir(parents=True)

    def prepare(self, source: Path) -> str:
        out = build(self.name, source, self.store, self.image)
        [file] = out.glob("*.py")
        [dag_id] = self.airflow.add_dag(file)
        return dag_id

    def run(self, prepared: str, parameters: Mapping[str, object]) -> str:
        run = self.airflow.trigger(prepared, parameters)
        ended = self.airflow.wait(prepared, run, timeout=300)
        for task in (name for name, state in ended.tasks.items() if state == "failed"):
            # Shown with a test that did not expect it.
            print(
                f"{self.name}, {run}: {task} failed\n{self.airflow.last_log(prepared, run, task)}"
            )
        return ended.state


class OnPrefect:
    """A Prefect server with a deployment and a worker."""

    name = "prefect"

    def __init__(self, prefect: Prefect, folder: Path, image: str) -> None:
        self.prefect, self.image = prefect, image
        self.store = folder / self.name
        self.store.mkdir(parents=True)

    def prepare(self, source: Path) -> str:
        out = build(self.name, source, self.store, self.image)
        self.prefect.deploy(out)
        [file] = out.glob("*.py")
        id_ = self.prefect.deployments()[file.name]
        found = self.prefect.call("GET", f"/deployments/{id_}")
        return f"{file.stem}/{found['name']}"

    def run(self, prepared: str, parameters: Mapping[str, object]) -> str:
        flow, _, deployment = prepared.partition("/")
        run = self.prefect.trigger(flow, deployment, parameters)
        return self.prefect.wait(run, timeout=300).state


class OnKubeflow:
    """The package in the Docker runner of Kubeflow's own SDK."""

    name = "kubeflow"

    def __init__(self, kfp: Kfp, folder: Path, image: str) -> None:
        self.kfp, self.image = kfp, image
        self.store = folder / self.name
        self.store.mkdir(parents=True)

    def prepare(self, source: Path) -> str:
        [package] = build(self.name, source, self.store, self.image).glob("*.yaml")
        return str(package)

    def run(self, prepared: str, parameters: Mapping[str, object]) -> str:
        arguments = {
            name: argument(json.dumps(value), KINDS.get(type(value).__name__, "any"))
            for name, value in parameters.items()
        }
        done = self.kfp.run_package(Path(prepared), arguments, volumes={self.store: INSIDE})
        return done.state
