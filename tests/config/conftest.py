"""A pipeline, and configurations of it, in a folder of their own."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from flowc.driver import load_pipeline, trace
from flowc.errors import FlowcError
from flowc.ir.text import to_text
from tests.authoring import HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from flowc import ir
    from flowc.authoring import Pipeline


class Scene:
    """``pipeline`` writes a module anew, ``yaml`` the file ``c.yaml`` beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._source = ""
        self._number = 0

    def pipeline(self, source: str) -> None:
        self._source = textwrap.dedent(source)

    def yaml(self, text: str) -> str:
        (self.folder / "c.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
        return "c.yaml"

    def load(self, source: str = "") -> Pipeline:
        self._number += 1
        name = f"scene_{self.folder.parent.name}_{self._number}"
        name = "".join(char if char.isalnum() else "_" for char in name)
        file = self.folder / f"{name}.py"
        file.write_text(HEADER + (textwrap.dedent(source) or self._source), encoding="utf-8")
        return load_pipeline(f"{file}:p")

    def traced(self, yaml: str = "", **parameters: str) -> ir.Pipeline:
        return trace(self.load(), parameters, config=self.yaml(yaml) if yaml else "")

    def text(self, yaml: str = "", **parameters: str) -> list[str]:
        return plain_text(self.traced(yaml, **parameters))

    def written_in_code(self, source: str) -> list[str]:
        return plain_text(trace(self.load(source), {}))

    def refusal(self, yaml: str, **parameters: Any) -> str:
        with pytest.raises(FlowcError) as raised:
            self.traced(yaml, **parameters)
        return raised.value.render()


def plain_text(pipeline: ir.Pipeline) -> list[str]:
    """The IR's text form without places and names of modules."""
    lines = [line.partition("  # ")[0].strip() for line in to_text(pipeline).splitlines()]
    module = pipeline.steps[0].function.module
    return [line.replace(f"{module}.", "").replace(f"{module}:", "") for line in lines]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Scene(folder)
