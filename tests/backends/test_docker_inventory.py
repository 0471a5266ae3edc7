"""What is remembered of images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from flowc import ir
from flowc_backends.docker import inventory

if TYPE_CHECKING:
    from pathlib import Path

HAS: Any = {"python": "3.11.9", "distributions": {"numpy": "2.4.6"}}


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("FLOWC_HOME", str(tmp_path))
    return tmp_path


def test_an_image_is_remembered_by_its_id_and_its_interpreter() -> None:
    inventory.remember("sha256:1", "python3", HAS)
    assert inventory.recall("sha256:1", "python3") == HAS
    assert inventory.recall("sha256:1", "python3.12") is None
    assert inventory.recall("sha256:2", "python3") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"python": "3.11.9"}'])
def test_a_damaged_memory_is_none(home: Path, text: str) -> None:
    inventory.remember("sha256:1", "python3", HAS)
    [path] = (home / "images").iterdir()
    path.write_text(text)
    assert inventory.recall("sha256:1", "python3") is None


def test_a_cache_folder_that_cannot_be_written_costs_the_memory_only(home: Path) -> None:
    (home / "images").write_text("a file")
    inventory.remember("sha256:1", "python3", HAS)
    assert inventory.recall("sha256:1", "python3") is None


def test_steps_by_their_images() -> None:
    inventory.remember("sha256:1", "python3", HAS)
    plain = ir.Step(
        id="plain",
        name="plain",
        function=ir.Function(module="work", qualname="plain"),
        location=ir.Location(file="work.py", line=7),
        image="known",
    )

    def having(**settings: Any) -> ir.DockerSettings:
        return ir.DockerSettings(**settings)

    steps = (
        plain,
        replace(plain, id="elsewhere", image="unknown"),
        replace(plain, id="other", docker=having(python="python3.12")),
        replace(plain, id="led", docker=having(environment=(("PYTHONPATH", "/x"),))),
        replace(plain, id="free", docker=having(environment=(("LANG", "C"),))),
    )
    place = ir.Location(file="work.py", line=1)
    pipeline = ir.Pipeline(name="work", location=place, body=ir.Block(nodes=steps))
    found = inventory.environments(pipeline, {"known": "sha256:1"})
    assert {id_: bool(each) for id_, each in found.items()} == {
        "plain": True, "elsewhere": False, "other": False, "led": False, "free": True
    }  # fmt: skip
