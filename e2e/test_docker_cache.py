"""The cache of the docker target: what it has needs no container, and what containers were there
is told by the daemon's own events.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from e2e.test_docker import CHAIN, Project, containers, statuses
from flowc_runtime import contract
from flowc_runtime.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("docker_engine")

ALL = ["make", "add", "scale", "join"]
CACHED = dict.fromkeys(ALL, "cached")


class Counted:
    """Runs of a project in an image of its own name; ``started`` are the containers of the last
    one: ids of steps, and ``probe``.
    """

    def __init__(self, folder: Path, image: str) -> None:
        self.project = Project(folder, image)
        self.started: list[str] = []
        self.image = image

    def run(self, *more: str, source: str = CHAIN) -> dict[str, Any]:
        before = time.time()
        document: dict[str, Any] = self.project.run(source, *more)
        self.started = self._created(before, time.time())
        return document

    def _created(self, since: float, until: float) -> list[str]:
        command = [
            "docker", "events", "--since", f"{since:.3f}", "--until", f"{until:.3f}",
            "--filter", "type=container", "--filter", "event=create",
            "--filter", f"image={self.image}", "--format", "{{json .Actor.Attributes}}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return sorted(each.get("flowc.step") or each["flowc.helper"] for each in found)


@pytest.fixture
def counted(tmp_path: Path, base_image: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """An image that this machine knows nothing of; no container is left."""
    monkeypatch.setenv("FLOWC_HOME", str(tmp_path / "home"))
    (tmp_path / "pyproject.toml").touch()
    image = f"flowc-counted:{secrets.token_hex(4)}"
    subprocess.run(["docker", "tag", base_image, image], check=True)
    yield Counted(tmp_path, image)
    subprocess.run(["docker", "rmi", image], check=True, stdout=subprocess.DEVNULL)
    for run in (tmp_path / "store/runs").iterdir():
        assert containers(run.name) == []


def test_a_run_that_the_cache_answers_starts_no_container(counted: Counted) -> None:
    first = counted.run()
    assert counted.started == sorted([*ALL, "probe"])
    second = counted.run()
    assert (statuses(second), counted.started) == (CACHED, [])
    assert second["status"] == "completed"
    assert keys_of(second) == keys_of(first)
    other_code = counted.run(source=f"{CHAIN}\n# a comment makes another bundle\n")
    assert (statuses(other_code), counted.started) == (CACHED, [])


def test_only_what_misses_gets_a_container(counted: Counted) -> None:
    counted.run()
    document = counted.run("--param", "factor=4")
    assert statuses(document) == {**CACHED, "scale": "completed", "join": "completed"}
    assert counted.started == ["join", "probe", "scale"]


def test_no_cache_means_containers(counted: Counted) -> None:
    counted.run()
    assert statuses(counted.run("--no-cache")) == dict.fromkeys(ALL, "completed")
    assert counted.started == sorted([*ALL, "probe"])


@pytest.mark.parametrize("how", ["gone", "damaged", "truncated", "other outputs"])
def test_a_useless_entry_is_a_miss_and_mended(counted: Counted, how: str) -> None:
    first = counted.run()
    break_entry(counted.project.store, first, "scale", how)
    second = counted.run()
    assert statuses(second) == {**CACHED, "scale": "completed"}
    assert counted.started == ["probe", "scale"]
    assert statuses(counted.run()) == CACHED
    assert counted.started == []


def test_an_image_with_other_versions_is_another_key(counted: Counted) -> None:
    source = CHAIN.replace("    return len(big)", "    import pip\n    return len(big)")
    assert "import pip" in source
    first = counted.run(source=source)
    assert statuses(counted.run(source=source)) == CACHED
    derive(counted.image, UPGRADE)
    second = counted.run(source=source)
    assert statuses(second) == {**CACHED, "add": "completed"}
    changed = {name for name in ALL if keys_of(first)[name] != keys_of(second)[name]}
    assert changed == {"add"}


UPGRADE = r"""
RUN here=$(python3 -c 'import os, pip; print(os.path.dirname(os.path.dirname(pip.__file__)))') \
    && for found in $here/pip-*-info; do mv $found $here/pip-99.1.dist-info; done
"""


HOOKED = """
def told(step_name):
    print("told of", step_name)

@step(on_cached=told)
def one() -> int:
    return 1

@pipeline
def hooked():
    one()
"""


def test_who_wants_to_hear_of_a_hit_gets_a_container(counted: Counted) -> None:
    counted.run(source=HOOKED)
    document = counted.run(source=HOOKED)
    assert statuses(document) == {"one": "cached"}
    assert counted.started == ["one", "probe"]


def keys_of(document: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["cache_key"] for step in document["steps"]}


def break_entry(uri: str, document: dict[str, Any], step: str, how: str) -> None:
    store = open_store(uri)
    found = next(each for each in document["steps"] if each["id"] == step)
    [output] = found["outputs"].values()
    entry = contract.action_key(found["cache_key"])
    if how == "gone":
        store.delete(contract.cas_key(output["digest"]))
    elif how == "damaged":
        store.put(contract.cas_key(output["digest"]), b"x" * output["size"])
    elif how == "truncated":
        store.put(entry, store.get(entry)[:-30])
    else:
        store.put(entry, store.get(entry).replace(b'"output":', b'"other":'))


def derive(image: str, instruction: str) -> None:
    """Another image under the same name."""
    text = f"FROM {image}\n{instruction}\n"
    command = ["docker", "build", "--tag", image, "-"]
    subprocess.run(command, input=text.encode(), check=True, capture_output=True)
