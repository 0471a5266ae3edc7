"""Bundles that come in another way than in an image really run, on engines that are there."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from e2e.targets import flowc, only_run
from flowc.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.engines.airflow import Airflow
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect

SOURCE = """\
from flowc import pipeline, step

@step(settings={"docker": {"environment": {"GREETING": "it's {x}"}, "user": "0:0"}})
def greet(name: str) -> str:
    import os
    return f"{os.environ['GREETING']} {name}"

@pipeline
def shipped(name: str = "you"):
    greet(name)
"""
SHIPS = ("inline", "store", "mount")


class Place:
    """A project, a store and a folder of bundles, all folders of this machine."""

    def __init__(self, folder: Path, image: str) -> None:
        self.folder, self.image = folder, image
        (folder / "pyproject.toml").touch()
        (folder / "shipped.py").write_text(SOURCE)
        self.bundles = folder / "bundles"
        self.bundles.mkdir()

    def store(self, ship: str) -> Path:
        store = self.folder / f"store-{ship}"
        store.mkdir(exist_ok=True)
        return store

    def compile(self, target: str, ship: str) -> Path:
        out = self.folder / f"{target}-{ship}"
        kube = target == "kubeflow"
        source = "pvc:store" if kube else str(self.store(ship))
        options = ["--store", "file:///data", "--volume", f"{source}:/data", "--ship", ship]
        if ship == "mount":
            options += ["--bundles", "pvc:bundles" if kube else str(self.bundles)]
        where = self.folder / "shipped.py"
        flowc("compile", where, "--target", target, "--out", out, *options, image=self.image)
        return out

    def check(self, ship: str) -> None:
        document = only_run(self.store(ship), "shipped", set())
        assert document["status"] == "completed"
        client = Client(f"file://{self.store(ship)}")
        assert client.artifact(document["run_id"], "greet", "output") == "it's {x} me"


@pytest.fixture
def place(tmp_path: Path, base_image: str) -> Place:
    return Place(tmp_path, base_image)


@pytest.mark.parametrize("ship", SHIPS)
@pytest.mark.shows("ship_inline", "ship_store", "ship_mount", on=["kubeflow"])
def test_on_kubeflow(place: Place, ship: str, kfp: Kfp) -> None:
    out = place.compile("kubeflow", ship)
    manifest = json.loads((out / "manifest.json").read_text())
    # A claim of a cluster is nothing that this machine reaches: its people put the bundle there.
    folder = {"store": place.store(ship) / "bundles", "mount": place.bundles}.get(ship)
    if folder is not None:
        folder.mkdir(exist_ok=True)
        name = f"{manifest['bundle']}.pyz"
        (folder / name).write_bytes((out / "bundles" / name).read_bytes())
    [package] = out.glob("*.yaml")
    volumes = {place.store(ship): "/data", place.bundles: "/opt/flowc/bundles"}
    done = kfp.run_package(package, {"name": "me"}, volumes=volumes)
    assert done.state == "SUCCESS", done.output
    place.check(ship)


@pytest.mark.parametrize("ship", SHIPS)
@pytest.mark.shows("ship_inline", "ship_store", "ship_mount", on=["prefect"])
def test_on_prefect(place: Place, ship: str, prefect: Prefect) -> None:
    prefect.deploy(place.compile("prefect", ship))
    run = prefect.trigger_id(prefect.deployments()["shipped.py"], {"name": "me"})
    assert prefect.wait(run).state == "COMPLETED", prefect.logs(run)
    place.check(ship)


@pytest.mark.parametrize("ship", SHIPS)
@pytest.mark.shows("ship_inline", "ship_store", "ship_mount", on=["airflow"])
def test_on_airflow(place: Place, ship: str, airflow3: Airflow) -> None:
    [file] = place.compile("airflow", ship).glob("*.py")
    named = file.with_name(f"shipped_{ship}.py")
    named.write_text(file.read_text().replace('dag_id="shipped"', f'dag_id="shipped_{ship}"'))
    [dag_id] = airflow3.add_dag(named)
    run = airflow3.trigger(dag_id, {"name": "me"})
    ended = airflow3.wait(dag_id, run)
    assert ended.state == "success", airflow3.last_log(dag_id, run, "greet")
    place.check(ship)


def test_no_image_is_built(place: Place) -> None:
    for target in ("airflow", "prefect", "kubeflow"):
        out = place.compile(target, "store")
        assert not (out / "images").exists()
    built = ["docker", "images", "--quiet", "flowc/shipped"]
    assert subprocess.run(built, capture_output=True, text=True, check=True).stdout == ""
