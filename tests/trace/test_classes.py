"""Pipelines written as classes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from flowc import Pipeline
from flowc.driver import load_pipeline
from flowc.errors import AuthorError
from tests.authoring import load, text, write

if TYPE_CHECKING:
    from pathlib import Path

STEPS = """
from flowc import Pipeline
@step
def fit(epochs: int = 1) -> int:
    return epochs
"""
CLASS = """
class Training(Pipeline):
    def connect(self, epochs: int = 3, times: int = 2) -> None:
        for _ in range(times):
            fit(epochs)
"""


def test_parameters_are_those_of_connect(tmp_path: Path) -> None:
    bound = "times: int = 2 bound because it is given to range() in line 10"
    assert text(tmp_path, STEPS + CLASS, epochs="5") == [
        f"pipeline Training(epochs: int = 5, {bound})",
        "fit = fit(epochs=$epochs) -> output: int",
        "fit_2 = fit(epochs=$epochs) -> output: int",
    ]


def test_an_instance_has_options_and_state(tmp_path: Path) -> None:
    source = """
class Training(Pipeline):
    def __init__(self, models, **options):
        super().__init__(**options)
        self.models = models
    def connect(self):
        for model in self.models:
            fit(id=model)
training = Training(["a", "b"], enable_cache=False, name="train")
training.configure(settings={"docker": {"user": "me"}})
"""
    assert text(tmp_path, STEPS + source) == [
        "pipeline train()",
        "a = fit(epochs=1) -> output: int",
        "uncached",
        "docker user='me'",
        "b = fit(epochs=1) -> output: int",
        "uncached",
        "docker user='me'",
    ]
    with pytest.raises(AuthorError, match="cannot be instantiated by itself") as caught:
        load(tmp_path, STEPS + source, wanted="Training")
    assert caught.value.hint == "write pipeline = Training(...) below it"


def test_it_can_be_nested_and_copied(tmp_path: Path) -> None:
    source = (
        STEPS
        + CLASS
        + """
training = Training()
@pipeline
def p():
    training(epochs=4, times=1)
    training.with_options(enable_cache=False)(times=1, id="again")
"""
    )
    assert text(tmp_path, source, wanted="p") == [
        "pipeline p()",
        "Training.fit = fit(epochs=4) -> output: int",
        "again.fit = fit(epochs=3) -> output: int",
        "uncached",
    ]


def test_a_copy_works_on_its_own_state(tmp_path: Path) -> None:
    training = load(tmp_path, STEPS + CLASS)
    copy = training.with_options(enable_cache=False)
    assert getattr(copy.entrypoint, "__self__", None) is copy
    assert "enable_cache" not in training.options


def test_which_pipeline_is_meant(tmp_path: Path) -> None:
    made = load(tmp_path, STEPS + CLASS + "mine = Training(name='mine')\n")
    assert made.name == "mine"
    both = str(write(tmp_path, STEPS + CLASS + CLASS.replace("Training", "Other")))
    with pytest.raises(AuthorError, match="defines several pipelines: Other, Training"):
        load_pipeline(both)
    assert load_pipeline(f"{both}:Other").name == "Other"
    with pytest.raises(AuthorError, match="has no pipeline 'Trainin'") as caught:
        load_pipeline(f"{both}:Trainin")
    assert caught.value.hint == "did you mean 'Training'?"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("class A(Pipeline): pass\nA()", "the class 'A' has no method 'connect'"),
        ("class A(Pipeline):\n    connect = 3\nA()", "has no method 'connect'"),
        (
            "def f():\n    class A(Pipeline):\n        def connect(self): fit()\n    A()\nf()",
            "pipeline 'A' is defined inside a function",
        ),
        (CLASS + "Training(fit)", r"Training\(...\) takes options by name, got <step fit"),
        (CLASS + "Training(enable_cach=True)", "has no option 'enable_cach'"),
        (CLASS + "Training(name=3)", "wants a text, got 3"),
        (
            "class A(Pipeline):\n    async def connect(self): fit()\nA()",
            "pipeline 'A' is a generator or a coroutine",
        ),
    ],
)
def test_refusals(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(AuthorError, match=message) as caught:
        load(tmp_path, STEPS + source)
    assert caught.value.where


def test_the_base_itself_is_no_pipeline() -> None:
    with pytest.raises(AuthorError, match="'Pipeline' has no method 'connect'"):
        Pipeline()


def test_it_runs_when_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_STORE", f"file:{tmp_path}/store")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    document = load(tmp_path, STEPS + CLASS)(epochs=7, times=1)
    assert document["parameters"] == {"epochs": 7}
    assert document["status"] == "completed"
