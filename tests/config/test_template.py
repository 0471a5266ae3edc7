"""`flowc config template`: as written it changes nothing, and neither does what it suggests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from flowc.authoring.configuration import PIPELINE_OPTIONS, STEP_OPTIONS
from flowc.cli import main
from flowc.driver import configuration_template, trace
from flowc.driver.configuration.document import read_document
from flowc.driver.configuration.template import flow
from tests.config.conftest import plain_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.config.conftest import Scene

SOURCE = """
import datetime
import enum
from dataclasses import dataclass
class Colour(enum.Enum):
    RED = 1
@dataclass
class Size:
    width: int = 1
    note: str = "a: #b ${HOME} é"
class Form:
    def save(self, value, path): ...
    def load(self, path): ...
class Thing: ...
def told(): ...
thing = Thing()
@step(enable_cache=False, retry=RetryConfig(3, 0.5, max_delay=9, only_on=[OSError]),
      on_success=told, infrastructure_retries=2, output_materializers={"a": Form},
      settings={"docker": {"requirements": ("numpy",), "environment": {"A": "no", "B": "1e3"}}})
def make(n: int, size: Size = Size(), day: datetime.date = datetime.date(2026, 1, 31),
         many: tuple = (1, 2), loose=(1, 2), colour: Colour = Colour.RED,
         none: Optional[int] = None, text: str = "1e3", odd: Thing = thing,
         rate: float = 1e16) -> Annotated[int, "a"]: ...
@step
def use(x: int, yes: bool = True) -> None: ...
@pipeline
def inner():
    use(1)
@pipeline(timeout=9, run_name="{team} ${x}".replace("$", ""), substitutions={"team": "a", "x": 1},
          settings={"docker": {"user": "me"}}, on_init=told, include=["*.py"],
          execution_mode="fail_fast", retry=RetryConfig(max_retries=1))
def p(n: int = 3, when: datetime.date = datetime.date(2026, 1, 31), name: str = "true",
      sizes: list[float] = [0.5, 1e-7], either=None):
    use(make(n, many=(3, 4)), id="a/b: c")
    inner()
"""


def uncommented(text: str) -> str:
    return re.sub(r"^(\s*)#(?=\S)", r"\1", text, flags=re.MULTILINE)


def test_it_changes_nothing_with_and_without_its_comments(scene: Scene) -> None:
    scene.pipeline(SOURCE)
    expected = scene.text()
    pipeline = scene.load()
    template = configuration_template(pipeline, {})
    assert plain_text(trace(pipeline, {}, config=scene.yaml(template))) == expected
    assert plain_text(trace(pipeline, {}, config=scene.yaml(uncommented(template)))) == expected


def test_every_key_is_there_and_every_input_that_is_open(scene: Scene) -> None:
    scene.pipeline(SOURCE)
    template = configuration_template(scene.load(), {})
    document = read_document(scene.yaml(uncommented(template))).plain()
    assert {*PIPELINE_OPTIONS} - {"config_path"} <= {*document}
    assert [*document["steps"]] == ["make", "a/b: c", "inner.use"]
    assert all(
        {*STEP_OPTIONS} - {"output_materializers"} <= {*step}
        for step in document["steps"].values()
    )
    assert document["parameters"]["when"] == "2026-01-31"
    make = document["steps"]["make"]
    assert [*make["parameters"]] == ["size", "day", "colour", "none", "text", "rate"]
    assert make["parameters"]["size"] == {"width": 1, "note": "a: #b ${HOME} é"}
    assert make["settings"]["docker"]["environment"] == {"A": "no", "B": "1e3"}
    assert "# odd: its default is the code's" in template
    assert "# loose: its default is the code's" in template


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 3, -0.5, float("inf"), 1e300, "", "null", "1e3", "a b", "x:", "#", "- a"),
        *("\n\t\0\x7f\u2028", "é \U0001f600", '"\\', "${A} $${B} $", "0x1F", "a: b", "{}", "no"),
        *([], [[1], {}], {"a b": {"null": None}, "x": ["y"]}),
    ],
)
def test_values_are_read_back(scene: Scene, value: object) -> None:
    found = read_document(scene.yaml(f"a: {flow(value)}\n")).plain()["a"]
    assert (found, type(found)) == (value, type(value))


SMALL = """
@step
def s(x: int = 1) -> None: ...
@pipeline
def p(n: int, mode: str):
    if mode == "a":
        s()
"""


def test_it_is_written_once(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.pipeline(SMALL)
    source = f"{scene.load().entrypoint.__code__.co_filename}"
    words = ["config", "template", source, "-p", "mode=a", "-o", "new.yaml"]
    assert main(words) == 0
    text = (scene.folder / "new.yaml").read_text()
    assert "  #n:  # int, required\n" in text
    assert "  #mode: a  # str\n" in text
    assert main(words) == 2
    assert "new.yaml exists" in capsys.readouterr().err
    assert main(["config", "template", source, "-p", "mode=a"]) == 0
    assert capsys.readouterr().out == text
    assert main(["config", "template", source, "-p", "mode=a", "-o", f"{tmp_path}/no/a.yaml"]) == 2


def test_a_file_is_checked(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.pipeline(SMALL)
    source = f"{scene.load().entrypoint.__code__.co_filename}"
    scene.yaml("parameters: {mode: a}\n")
    assert main(["config", "check", source, "--config", "c.yaml"]) == 0
    assert capsys.readouterr().err == "c.yaml: nothing is wrong\n"
    assert main(["config", "check", source]) == 2
    assert "there is no configuration to check" in capsys.readouterr().err
    scene.yaml("parameters: {mode: 3}\n")
    assert main(["config", "check", source, "--config", "c.yaml"]) == 2
    assert "c.yaml:1: pipeline 'p': " in capsys.readouterr().err
