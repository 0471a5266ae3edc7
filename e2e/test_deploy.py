"""`flowc deploy` and `flowc undeploy` against the real engines, as a person would type them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from e2e.engines.airflow import PASSWORD, USER
from e2e.targets import CERTIFICATES, CHECKOUT, FLOWC, INSIDE
from flowc.client import Client

if TYPE_CHECKING:
    from e2e.engines.airflow import Airflow
    from e2e.engines.prefect import Prefect

SOURCE = """
from flowc import pipeline, step

@step
def greet(name: str, times: int) -> str:
    return " ".join(["{greeting}", name] * times)

@step
def measure(text: str) -> int:
    return len(text)

@pipeline{arguments}
def {pipeline}(name: str = "world", times: int = 1) -> None:
    measure(greet(name, times))
"""

CRON = "0 3 29 2 *"
"""A schedule that no engine starts a run for while it is tested."""

AT_THREE = f'(schedule="{CRON}")'


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        assert self.status in {0, 1}, self.err
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(kw_only=True)
class Author:
    """Somebody with a project, a store and an engine; ``environment`` is how it is reached."""

    folder: Path
    target: str
    image: str
    environment: dict[str, str]
    where: list[str] = field(default_factory=list[str])
    volume: str = ""
    build_images: bool = True
    processes: bool = False
    build: Path = Path()

    @property
    def store(self) -> str:
        return f"file://{self.folder / 'store'}"

    def flowc(self, *arguments: str | Path, **variables: str) -> Outcome:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOWC_", "PREFECT_"))}
        done = subprocess.run(
            [FLOWC, *map(str, arguments)],
            cwd=CHECKOUT,
            env={**kept, **self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def compile(self, pipeline: str, greeting: str = "hello", arguments: str = "") -> None:
        self.build = self.folder / "builds" / pipeline
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        source = project / f"{pipeline}_pipeline.py"
        source.write_text(SOURCE.format(pipeline=pipeline, greeting=greeting, arguments=arguments))
        (self.folder / "store").mkdir(exist_ok=True)
        volume = self.volume or f"{self.folder / 'store'}"
        inside = ("--store", f"file://{INSIDE}", "--volume", f"{volume}:{INSIDE}")
        done = self.flowc(
            *("compile", source, "--target", self.target, "--out", self.build),
            *(("--store", self.store, "--executor", "process") if self.processes else inside),
            *(() if self.build_images else ("--no-build",)),
            FLOWC_PARENT_IMAGE=self.image,
            FLOWC_CA_BUNDLE=CERTIFICATES,
        )
        assert done.status == 0, done.err

    def deploy(self, *options: str, **variables: str) -> Outcome:
        return self.flowc("deploy", self.build, *self.where, "--json", *options, **variables)

    def undeploy(self) -> dict[str, Any]:
        return self.flowc("undeploy", self.build, *self.where, "--json").document

    def diff_deployed(self) -> dict[str, Any]:
        done = self.flowc("diff", self.build, "--deployed", *self.where, "--json")
        assert done.status == 0, done.err
        return done.document

    def run(self, run: str) -> dict[str, Any]:
        return self.flowc("runs", "show", run, "--json", "--store", self.store).document


def on_airflow(airflow: Airflow, folder: Path, image: str) -> Author:
    environment = {"FLOWC_AIRFLOW_URL": airflow.url}
    if airflow.name == "airflow2":
        environment |= {"FLOWC_AIRFLOW_USER": USER, "FLOWC_AIRFLOW_PASSWORD": PASSWORD}
    return Author(
        folder=folder,
        target="airflow",
        image=image,
        environment=environment,
        where=["--to", str(airflow.dags_folder)],
    )


def on_prefect(prefect: Prefect, folder: Path, image: str) -> Author:
    (folder / "flows").mkdir()
    return Author(
        folder=folder,
        target="prefect",
        image=image,
        environment={"PREFECT_API_URL": prefect.api_url},
        where=["--to", str(folder / "flows")],
    )


def check_life(author: Author, pipeline: str, *first: str) -> None:
    """Deployed, run with a changed parameter, deployed again, replaced, undeployed."""
    author.compile(pipeline, arguments=AT_THREE)
    run = ("--trigger", "-p", "name=Ada", "-p", "times=3", "--wait", "--timeout", "300")
    done = author.deploy(*first, *run)
    document = done.document
    assert (document["change"], document["run"]["completed"]) == ("created", True), done.err
    assert "step greet" in done.err
    shown = author.run(document["run"]["run_id"])
    assert (shown["status"], shown["parameters"]) == ("completed", {"name": "Ada", "times": 3})
    assert {step["id"]: step["status"] for step in shown["steps"]} == {
        "greet": "completed",
        "measure": "completed",
    }
    measured = Client(author.store).artifact(shown["run_id"], "measure")
    assert measured == len("hello Ada hello Ada hello Ada")

    assert author.deploy().document["change"] == "unchanged"
    assert author.diff_deployed()["same"]
    author.compile(pipeline, greeting="good evening", arguments=AT_THREE)
    assert [step["id"] for step in author.diff_deployed()["steps"]] == ["greet"]
    assert author.deploy().document["change"] == "updated"
    assert author.undeploy()["change"] == "removed"
    assert author.undeploy()["change"] == "absent"


def check_processes(author: Author, pipeline: str, *first: str) -> None:
    """Deployed with its bundle, run by the engine's worker, read back, undeployed."""
    author.processes = True
    author.compile(pipeline)
    run = ("--trigger", "-p", "name=Ada", "-p", "times=2", "--wait", "--timeout", "300")
    done = author.deploy(*first, *run)
    document = done.document
    assert (document["change"], document["run"]["completed"]) == ("created", True), done.err
    shown = author.run(document["run"]["run_id"])
    assert (shown["status"], shown["parameters"]) == ("completed", {"name": "Ada", "times": 2})
    measured = Client(author.store).artifact(shown["run_id"], "measure")
    assert measured == len("hello Ada hello Ada")
    assert author.diff_deployed()["same"]
    assert author.undeploy()["change"] == "removed"


def check_airflow(airflow: Airflow, author: Author) -> None:
    check_life(author, f"deployed_{airflow.name}", "--unpause")
    author.compile(f"kept_{airflow.name}", arguments=AT_THREE)
    name = f"kept_{airflow.name}.py"
    assert author.deploy().document["change"] == "created"
    placed = (airflow.dags_folder / name).read_bytes()
    told = airflow.call("GET", f"/dags/kept_{airflow.name}")["timetable_description"]
    assert told == "At 03:00, on day 29 of the month, only in February"

    # What Airflow cannot import: a DAG file that is whole, with a module that is not there.
    author.compile(f"kept_{airflow.name}", greeting="good bye")
    break_build(author, name)
    broken = author.deploy()
    assert (broken.status, broken.out) == (2, "")
    assert "cannot import" in broken.err
    assert "a_module_that_is_not_there" in broken.err
    assert "is back in its place" in broken.err
    assert (airflow.dags_folder / name).read_bytes() == placed
    nobody = author.deploy(FLOWC_AIRFLOW_URL="http://127.0.0.1:9")
    assert nobody.status == 2
    assert "does not answer" in nobody.err
    assert (airflow.dags_folder / name).read_bytes() == placed
    check_refusals(airflow, author)


def check_refusals(airflow: Airflow, author: Author) -> None:
    """A DAG id that is taken, and a folder that Airflow does not read."""
    theirs = author.folder / f"by_hand_{airflow.name}.py"
    theirs.write_text(
        f"from airflow import DAG\nwith DAG('taken_{airflow.name}', schedule=None):\n    pass\n"
    )
    airflow.add_dag(theirs)
    author.compile(f"taken_{airflow.name}")
    taken = author.deploy()
    assert taken.status == 2
    assert "is taken: Airflow has it from the file" in taken.err
    assert f"by_hand_{airflow.name}.py', which flowc did not write" in taken.err

    elsewhere = author.folder / "elsewhere"
    elsewhere.mkdir()
    author.compile(f"unread_{airflow.name}")
    author.where = ["--to", str(elsewhere)]
    unread = author.deploy("--timeout", "2")
    assert unread.status == 2
    assert "has not parsed" in unread.err
    assert "is --to the folder that this Airflow reads" in unread.err
    assert list(elsewhere.iterdir()) == []


def break_build(author: Author, name: str) -> None:
    """Have the build hold a DAG file with an import error, as if it had been compiled so."""
    import hashlib

    file, manifest = author.build / name, author.build / "manifest.json"
    text = file.read_text().replace("\nimport json\n", "\nimport a_module_that_is_not_there\n")
    file.write_text(text)
    document = json.loads(manifest.read_text())
    document["files"][name] = hashlib.sha256(text.encode()).hexdigest()
    manifest.write_text(json.dumps(document))


def test_airflow_3(airflow3: Airflow, base_image: str, tmp_path: Path) -> None:
    author = on_airflow(airflow3, tmp_path, base_image)
    check_airflow(airflow3, author)


def test_airflow_2(airflow2: Airflow, base_image: str, tmp_path: Path) -> None:
    author = on_airflow(airflow2, tmp_path, base_image)
    check_airflow(airflow2, author)
    wrong = "not-this-one"
    refused = author.deploy(FLOWC_AIRFLOW_PASSWORD=wrong)
    assert refused.status == 2
    assert "refuses the credentials (40" in refused.err
    assert wrong not in refused.err


def test_processes_on_airflow_3(airflow3: Airflow, tmp_path: Path) -> None:
    check_processes(on_airflow(airflow3, tmp_path, ""), "processes_airflow3", "--unpause")


def test_processes_on_airflow_2(airflow2: Airflow, tmp_path: Path) -> None:
    check_processes(on_airflow(airflow2, tmp_path, ""), "processes_airflow2", "--unpause")


def test_processes_on_prefect(prefect: Prefect, tmp_path: Path) -> None:
    check_processes(on_prefect(prefect, tmp_path, ""), "processes_prefect")
    assert list((tmp_path / "flows").iterdir()) == []


def test_prefect(prefect: Prefect, base_image: str, tmp_path: Path) -> None:
    author = on_prefect(prefect, tmp_path, base_image)
    check_life(author, "deployed_prefect")
    assert list((tmp_path / "flows").iterdir()) == []

    author.compile("kept_prefect", arguments=AT_THREE)
    assert author.deploy().document["change"] == "created"
    [before] = deployments(prefect, "kept_prefect")
    assert before["tags"] == ["flowc"]
    assert [it["schedule"]["cron"] for it in before["schedules"]] == [CRON]
    author.compile("kept_prefect", greeting="good bye")
    refused = author.deploy("--work-pool", "flow")
    assert (refused.status, refused.out) == (2, "")
    assert "has no work pool 'flow'" in refused.err
    assert "did you mean 'flowc'?" in refused.err
    [after] = deployments(prefect, "kept_prefect")
    kept = ("updated", "version", "pull_steps", "work_pool_name", "schedules")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    made = author.deploy("--work-pool", "made-by-flowc", "--create-work-pool").document
    assert (made["change"], len(made["notes"])) == ("updated", 1)
    assert "no worker is online" in made["notes"][0]

    flow = prefect.call("POST", "/flows/", {"name": "taken_prefect"})["id"]
    prefect.call("POST", "/deployments/", {"name": "by_hand", "flow_id": flow})
    author.compile("taken_prefect")
    taken = author.deploy()
    assert taken.status == 2
    assert "the flow 'taken_prefect' is somebody else's: 'taken_prefect/by_hand'" in taken.err
    assert len(deployments(prefect, "taken_prefect")) == 1

    nobody = author.deploy(PREFECT_API_URL="http://127.0.0.1:9/api")
    assert nobody.status == 2
    assert "Prefect at http://127.0.0.1:9/api does not answer" in nobody.err


def deployments(prefect: Prefect, flow: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = prefect.call(
        "POST", "/deployments/filter", {"flows": {"name": {"any_": [flow]}}}
    )
    return found
