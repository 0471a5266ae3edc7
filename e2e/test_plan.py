"""What a run in containers would do, told without one: images were asked when they first ran."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from e2e.targets import FLOWC
from e2e.test_docker import CHAIN, Project, statuses

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("docker_engine")

ALL = ("make", "add", "scale", "join")


def test_the_run_does_as_planned(
    tmp_path: Path, base_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWC_HOME", str(tmp_path / "home"))
    project = Project(tmp_path, base_image)
    nobody_knows = "depends on the versions in its image"
    assert reasons(project, CHAIN)["make"] == ("unknown", nobody_knows)
    ran = project.run(CHAIN)
    same = f"same key as in run '{ran['run_id']}'"
    assert reasons(project, CHAIN) == dict.fromkeys(ALL, ("hit", same))
    edited = CHAIN.replace("len(big) + sum(small)", "sum(small) + len(big)")
    assert edited != CHAIN
    planned = reasons(project, edited, "--param", "factor=4")
    assert planned == {
        "make": ("hit", same),
        "add": ("miss", "function `add` in `written.py:17` changed"),
        "scale": ("miss", "parameter `factor` differs: 3 -> 4"),
        "join": ("unknown", "depends on the result of `add` and the result of `scale`"),
    }
    document = project.run(edited, "--param", "factor=4")
    assert statuses(document) == {**dict.fromkeys(ALL, "completed"), "make": "cached"}
    told = {step["id"]: step["reason"] for step in document["steps"]}
    assert told == {
        **{id_: reason for id_, (_, reason) in planned.items()},
        "join": "input `scaled` differs",
    }


def reasons(project: Project, source: str, *more: str) -> dict[str, tuple[str, str]]:
    where = ["--target", "docker", "--parent-image", project.image, "--store", project.store]
    command = [str(FLOWC), "plan", str(project.write(source)), "--json", *where, *more]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    steps = json.loads(done.stdout)["steps"]
    return {step["id"]: (step["status"], step["reason"]) for step in steps}
