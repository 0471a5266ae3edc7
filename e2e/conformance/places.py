"""Where a batch of jobs runs: each engine takes all of them, and ends when all have ended."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from e2e.engines import EngineError
from e2e.targets import CERTIFICATES, CHECKOUT, FLOWC, INSIDE
from flowc_runtime.contract import secret_variable
from tests import leaks
from tests.conformance import planted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from e2e.conformance.jobs import Job
    from e2e.engines.airflow import Airflow
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect

AT_ONCE = 4
"""Runs of an engine that are under way together: more only wait for the same two cores."""

PATIENCE = 300.0
SECONDS_EACH = 45.0
"""How long a batch may take: one that stands still is told before all time is over."""


def limit(jobs: Sequence[Job]) -> float:
    """Seconds in which all of the jobs should have ended, however slow the machine is."""
    return PATIENCE + SECONDS_EACH * len(jobs)


class Place(Protocol):
    """``target`` is what the pipelines are compiled for; machines compile nothing."""

    name: str
    target: str
    compiles: bool

    def run_all(self, jobs: Sequence[Job]) -> None:
        """Run them to their ends, and note each one's state."""
        ...

    def leaks(self) -> list[str]:
        """Where the engine has planted secrets now, other than where it is meant to keep them."""
        ...


class OnDocker:
    """`flowc run --target docker`, a few processes at a time."""

    name = "docker"
    target = "docker"
    compiles = False

    def __init__(self, image: str) -> None:
        self._image = image
        self._said: list[str] = []

    def leaks(self) -> list[str]:
        return leaks.in_text("".join(self._said), planted.VALUES)

    def run_all(self, jobs: Sequence[Job]) -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._run, jobs))

    def _run(self, job: Job) -> None:
        where = ["--target", "docker", "--store", job.uri, "--json"]
        environment = {
            **os.environ,
            **planted.environment(),
            "FLOWC_PARENT_IMAGE": self._image,
            "FLOWC_CA_BUNDLE": CERTIFICATES,
        }
        done = subprocess.run(
            [str(FLOWC), "run", job.source, *where, *job.options()],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self._said += [done.stdout, done.stderr]
        if done.returncode in {0, 1} and done.stdout:
            job.state = str(json.loads(done.stdout)["status"])
        else:
            job.refusal = done.stderr


class OnKubeflow:
    """The packages in the Docker runner of Kubeflow's SDK, in two processes of it."""

    name = "kubeflow"
    target = "kubeflow"
    compiles = True

    def __init__(self, kfp: Kfp) -> None:
        self._kfp = kfp
        self._said: list[str] = []

    def leaks(self) -> list[str]:
        return leaks.in_text("".join(self._said), planted.VALUES)

    def run_all(self, jobs: Sequence[Job]) -> None:
        halves = [half for half in (jobs[::2], jobs[1::2]) if half]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._run, halves))

    def _run(self, jobs: Sequence[Job]) -> None:
        requests = [(job.built("*.yaml"), job.arguments) for job in jobs]
        stores = jobs[0].folder / "stores"
        # Its local runner leaves the platform's part of a package out, and so the secrets in it.
        ended = self._kfp.run_packages(
            requests,
            volumes={stores: INSIDE},
            environment=planted.environment(),
            timeout=limit(jobs),
        )
        for job, run in zip(jobs, ended, strict=True):
            job.state = run.state
            self._said.append(run.output)


class OnAirflow:
    """All DAG files at once, then all runs at once: the scheduler knows what it can take."""

    target = "airflow"
    compiles = True

    def __init__(self, airflow: Airflow) -> None:
        self.name: str = airflow.name
        self._airflow = airflow
        self._dags: dict[str, str] = {}

    def leaks(self) -> list[str]:
        home = self._airflow.home
        kept = {"variable", "connection"}
        return [
            *leaks.in_folder(home, planted.VALUES, spared="airflow.db*"),
            *leaks.in_database(home / "airflow.db", planted.VALUES, spared=kept),
        ]

    def _plant(self) -> None:
        """Secrets with a key as variables, others as connections."""
        for (name, key), value in planted.SECRETS.items():
            variable = secret_variable(name, key).lower()
            if key:
                self._airflow.set_variable(variable, value)
            else:
                self._airflow.set_connection(variable, value)

    def run_all(self, jobs: Sequence[Job]) -> None:
        if not self._dags:
            self._plant()
        fresh = {job.name: job.built("*.py") for job in jobs if job.is_new}
        files, patience = list(fresh.values()), limit(jobs)
        found = self._airflow.add_dags(files, timeout=patience) if files else {}
        self._dags |= {name: found[file.name][0] for name, file in fresh.items()}
        runs = [
            (self._dags[job.name], self._airflow.trigger(self._dags[job.name], job.arguments))
            for job in jobs
        ]
        for (dag, run), job in zip(runs, jobs, strict=True):
            job.state = self._airflow.wait(dag, run, timeout=patience).state


class OnPrefect:
    """All deployments by one command; the worker starts a process for each run, so a few."""

    name = "prefect"
    target = "prefect"
    compiles = True

    def __init__(self, prefect: Prefect) -> None:
        self._prefect = prefect
        self._deployments: dict[str, str] = {}

    def leaks(self) -> list[str]:
        """In all that the server keeps, where blocks are encrypted, and in the logs it shows."""
        return [
            *leaks.in_folder(self._prefect.home, planted.VALUES),
            *leaks.in_text(self._prefect.all_logs(), planted.VALUES),
        ]

    def run_all(self, jobs: Sequence[Job]) -> None:
        if not self._deployments:
            blocks = planted.environment().items()
            self._prefect.set_secrets(
                {name.lower().replace("_", "-"): value for name, value in blocks}
            )
        fresh = [job for job in jobs if job.is_new]
        if fresh:
            folder = fresh[0].folder / "deployments" / str(fresh[0].number)
            files = gather(fresh, folder)
            self._prefect.deploy(folder)
            found = self._prefect.deployments()
            self._deployments |= {name: found[file] for name, file in files.items()}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(partial(self._run, patience=limit(jobs)), jobs))

    def _run(self, job: Job, patience: float) -> None:
        try:
            run = self._prefect.trigger_id(self._deployments[job.name], job.arguments)
            ended = self._prefect.wait(run, timeout=patience)
            job.state = f"{ended.state}\n{ended.output}".rstrip()
        except EngineError as error:
            job.state = str(error)


def gather(jobs: Sequence[Job], folder: Path) -> dict[str, str]:
    """One folder and one prefect.yaml for many builds; the name of each case's file."""
    folder.mkdir(parents=True)
    documents: list[dict[str, Any]] = []
    files: dict[str, str] = {}
    for job in jobs:
        file = job.built("*.py")
        (folder / file.name).write_bytes(file.read_bytes())
        documents.append(yaml.safe_load(job.built("prefect.yaml").read_text(encoding="utf-8")))
        files[job.name] = file.name
    deployments = [one for document in documents for one in document["deployments"]]
    merged = yaml.safe_dump({**documents[0], "deployments": deployments}, allow_unicode=True)
    (folder / "prefect.yaml").write_text(merged, encoding="utf-8")
    return files
