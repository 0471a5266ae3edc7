"""Materializers that are here are looked at; one that is not may be in the step's image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.errors import AuthorError
from tests.authoring import traced, write

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
import abc, functools
def wrapped(function):
    @functools.wraps(function)
    def call(self, *args): return function(self, None, *args)
    return call
class Good:
    def save(self, value, path): ...
    def load(self, path): ...
class Empty: ...
class OnlySave:
    def save(self, value, path): ...
class Swapped(Good):
    def load(self): ...
class Greedy(Good):
    def save(self, value, path, more): ...
class Static(Good):
    save = staticmethod(lambda path: None)
class NoMethod(Good):
    save = None
class NotCallable(Good):
    load = 3
class Needs(Good):
    def __init__(self, folder): ...
class Abstract(Good, abc.ABC):
    @abc.abstractmethod
    def more(self): ...
def inside():
    class Inner(Good): ...
    return Inner
class Defaults(Good):
    def __init__(self, folder="x", *rest): ...
    def save(self, value, path, more=1): ...
class Loose:
    def save(self, *args): ...
    load = classmethod(lambda cls, path: None)
class Dynamic:
    def __getattr__(self, name): ...
class Wrapped(Good):
    @wrapped
    def save(self, connection, value, path): ...
class Partial(Good):
    save = functools.partialmethod(Good.save)
@step
def other(): ...
@step(output_materializers={"output": %s})
def s() -> int: ...
@pipeline
def p():
    s()
"""


def materializer(folder: Path, chosen: str) -> str:
    return traced(folder, SOURCE % chosen, wanted="p").steps[0].outputs[0].materializer


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        ("dict", "it has no save(value, path), it has no load(path)"),
        ("Empty", "it has no save(value, path), it has no load(path)"),
        ("OnlySave", "it has no load(path)"),
        ("Swapped", "its load cannot be called with (path)"),
        ("Greedy", "its save cannot be called with (value, path)"),
        ("Static", "its save cannot be called with (value, path)"),
        ("NoMethod", "it has no save(value, path)"),
        ("NotCallable", "its load cannot be called with (path)"),
        ("Needs", "it cannot be made without arguments"),
        ("Abstract", "it is abstract"),
        ("inside()", "it is defined inside a function"),
        ("__name__ + '.Empty'", "it has no save(value, path), it has no load(path)"),
        ("__name__ + ':other'", "it is no class"),
        ("'json.dumps'", "it is no class"),
    ],
)
def test_what_cannot_write_and_read_is_refused(tmp_path: Path, chosen: str, problem: str) -> None:
    with pytest.raises(AuthorError) as raised:
        materializer(tmp_path, chosen)
    assert raised.value.message.startswith("step 's': output 'output': '")
    assert raised.value.message.endswith(f"' is no materializer: {problem}")
    assert ".py:" in raised.value.where


@pytest.mark.parametrize(
    "chosen", ["Good", "Defaults", "Loose", "Dynamic", "Wrapped", "Partial", "__name__ + '.Good'"]
)
def test_what_can_or_cannot_be_told_is_accepted(tmp_path: Path, chosen: str) -> None:
    name = chosen.rpartition(".")[2].strip("'")
    assert materializer(tmp_path, chosen).endswith(f":{name}")


@pytest.mark.parametrize("chosen", ["not_installed.M", "not_installed:M", "yaml.NoSuchClass"])
def test_what_may_be_in_the_image_is_accepted(tmp_path: Path, chosen: str) -> None:
    assert materializer(tmp_path, repr(chosen)) == chosen.replace(".", ":")


def test_a_name_that_the_authors_module_does_not_have(tmp_path: Path) -> None:
    write(tmp_path, "class Format: ...", name="lib_misnamed.py")
    with pytest.raises(AuthorError, match="'lib_misnamed' has no materializer 'Formt'") as raised:
        materializer(tmp_path, "'lib_misnamed.Formt'")
    assert raised.value.hint == "did you mean 'Format'?"


@pytest.mark.parametrize("chosen", ["3", "None", "'M'", "'m:'", "'.m.M'", "Good()"])
def test_what_names_no_class_is_refused(tmp_path: Path, chosen: str) -> None:
    with pytest.raises(AuthorError, match="a materializer is a class or its import path, got "):
        materializer(tmp_path, chosen)
