"""Images are tried before anything is written, and pushed to a registry that is asked for."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from e2e.engines.registry import Registry
from e2e.targets import FLOWC

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("docker_engine")

SOURCE = """\
{imports}
from flowc import pipeline, step

@step(settings={{"docker": {settings!r}}})
def train() -> int:
    return {value}

@pipeline
def provided():
    train()
"""

TWO_IMAGES = """\
from flowc import pipeline, step

@step
def load() -> int:
    return 1

@step(settings={"docker": {"environment": {"LEVEL": "2"}}})
def train(rows: int) -> int:
    return rows

@pipeline
def provided():
    train(load())
"""


class Project:
    """A pipeline of one step, compiled by the command in a folder of its own."""

    def __init__(self, folder: Path, image: str) -> None:
        self.folder, self.image = folder, image
        self.out = folder / "build"
        self.environment = {
            **os.environ,
            "FLOWC_PARENT_IMAGE": image,
            "FLOWC_HOME": str(folder / "home"),
            "DOCKER_CONFIG": str(folder),
        }
        (folder / "pyproject.toml").touch()
        self.write()

    def write(self, imports: str = "", value: str = "1", **settings: object) -> None:
        text = SOURCE.format(imports=imports, value=value, settings=settings)
        (self.folder / "provided.py").write_text(text)

    def compile(self, *options: str, status: int = 0, **environment: str) -> str:
        """What the command says for people."""
        where = ["--target", "airflow", "--store", "file:/store", "--volume", "/srv/no:/store"]
        done = subprocess.run(
            [FLOWC, "compile", "provided.py", *where, "--out", "build", *options],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        assert self.out.exists() == (not status)
        return done.stderr

    @property
    def images(self) -> dict[str, dict[str, object]]:
        """Those of the manifest."""
        found: dict[str, dict[str, object]] = json.loads((self.out / "manifest.json").read_text())[
            "images"
        ]
        return found


@pytest.fixture
def project(tmp_path: Path, base_image: str) -> Iterator[Project]:
    yield Project(tmp_path, base_image)
    listed = ["docker", "images", "--filter", "label=flowc.pipeline=provided", "--format"]
    found = subprocess.run(
        [*listed, "{{.Repository}}:{{.Tag}}"], capture_output=True, text=True, check=True
    )
    subprocess.run(["docker", "rmi", *found.stdout.split()], check=False, capture_output=True)


def test_an_image_is_tried_once(project: Project) -> None:
    first = project.compile()
    [image] = project.images
    assert f"trying image {image}" in first
    again = project.compile()
    assert "trying" not in again
    assert "building" not in again


def test_an_unchanged_build_asks_the_daemon_once(project: Project) -> None:
    project.compile()
    with counting_proxy(project.folder / "docker.sock") as connections:
        project.compile(DOCKER_HOST=f"unix://{project.folder}/docker.sock")
    [image] = project.images
    assert connections == [[f"/images/{quote(image)}/json"]]


def test_the_daemon_is_asked_for_several_images_in_one_go(project: Project) -> None:
    (project.folder / "provided.py").write_text(TWO_IMAGES)
    project.compile()
    with counting_proxy(project.folder / "docker.sock") as connections:
        again = project.compile(DOCKER_HOST=f"unix://{project.folder}/docker.sock")
    assert "trying" not in again
    [requests] = connections
    assert sorted(requests) == sorted(f"/images/{quote(image)}/json" for image in project.images)
    assert len(requests) == 2


@pytest.mark.parametrize("ship", ["image", "store"])
def test_what_a_step_uses_must_be_in_its_image(project: Project, ship: str) -> None:
    project.write(imports="import yaml", value="len(yaml.dump({}))")
    said = project.compile("--ship", ship, status=2)
    assert "provided.py:4: step 'train' uses pyyaml, which image '" in said
    assert "hint: add it to the requirements" in said


def test_what_other_steps_use_may_be_missing(project: Project) -> None:
    project.write(imports="import yaml")
    project.compile()


def test_a_module_that_cannot_be_imported(project: Project) -> None:
    project.write(imports="import os\nif os.getpid() != int(os.environ.get('HERE', os.getpid())):"
                          "\n    raise OSError('not in a container')",
                  environment={"HERE": "-1"})  # fmt: skip
    said = project.compile(status=2)
    assert "step 'train' cannot be imported in image 'flowc/provided:" in said
    assert "OSError: not in a container" in said


def test_an_image_that_is_not_here_must_be_trusted(project: Project) -> None:
    project.write(parent_image="nowhere.invalid/none:1")
    said = project.compile("--ship", "store", status=2)
    assert "image 'nowhere.invalid/none:1' is not on this machine" in said
    assert "--trust-image" in said
    assert "it is trusted" in project.compile("--ship", "store", "--trust-image")


def test_a_platform_is_part_of_the_name(project: Project) -> None:
    machine = subprocess.run(
        ["docker", "image", "inspect", project.image, "--format", "{{.Architecture}}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    project.compile("--platform", f"linux/{machine}")
    [(image, about)] = project.images.items()
    assert image.endswith(f"-{machine}")
    assert about["platform"] == f"linux/{machine}"


def test_a_parent_for_another_platform_is_not_used(project: Project) -> None:
    known = subprocess.run(
        ["docker", "image", "inspect", project.image, "--format", "{{.Architecture}}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    other = {"amd64": "arm64"}.get(known, "amd64")
    said = project.compile("--platform", f"linux/{other}", status=2)
    assert f"image '{project.image}' for linux/{other} is not on this machine" in said


def test_images_are_pushed(project: Project) -> None:
    with Registry() as registry:
        prefix = f"{registry.address}/team"
        assert "pushing image" in project.compile("--registry", prefix)
        [image] = project.images
        repository, _, tag = image.rpartition(":")
        assert repository == f"{prefix}/provided"
        assert registry.tags("team/provided") == [tag]
        assert image in (project.out / "provided.py").read_text()
        assert "pushing" not in project.compile("--registry", prefix)


def test_a_registry_wants_a_login(project: Project) -> None:
    with Registry(closed=True) as registry:
        refused = project.compile("--registry", registry.address, status=2)
        assert f"cannot push image '{registry.address}/provided:" in refused
        assert f"`docker login {registry.address}`" in refused
        registry.log_in(project.folder)
        project.compile("--registry", registry.address)
        assert len(registry.tags("provided")) == 1


def test_a_registry_that_does_not_answer(project: Project) -> None:
    said = project.compile("--registry", "127.0.0.1:1", status=2)
    assert "cannot push image '127.0.0.1:1/provided:" in said


@contextmanager
def counting_proxy(path: Path) -> Generator[list[list[str]]]:
    """A socket that leads to the daemon; the paths that each connection asked for."""
    connections: list[list[str]] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        threading.Thread(target=_accept, args=(server, connections), daemon=True).start()
        yield connections


def _accept(server: socket.socket, connections: list[list[str]]) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            daemon = socket.socket(socket.AF_UNIX)
            daemon.connect("/var/run/docker.sock")
            requests: list[str] = []
            connections.append(requests)
            for source, target, seen in ((client, daemon, requests), (daemon, client, None)):
                threading.Thread(target=_pump, args=(source, target, seen), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, seen: list[str] | None) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            if seen is not None:
                seen += re.findall(r"(?:GET|POST|HEAD) (\S+) HTTP", data.decode("latin-1"))
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
