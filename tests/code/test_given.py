"""What a step is given counts: the methods of its objects, and the functions that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.code.projects import codes, edited

if TYPE_CHECKING:
    from pathlib import Path

LIB = """\
import enum
import functools
from dataclasses import dataclass
from helping import called, predicted

class Mode(enum.Enum):
    FAST = 1

class Base:
    def predict(self): return 0

class Model(Base):
    def predict(self): return predicted()

@dataclass
class Data:
    n: int
    def predict(self): return predicted()

def make_number(): return Model().predict() + called()

BOUND = functools.partial(predicted)
"""
MAIN = """\
import functools
from flowc import pipeline, step
from helping import called, predicted
from lib import BOUND, Base, Data, Mode, Model, make_number

@step
def make():
    return Model()

@step
def make_partial():
    return functools.partial(predicted, called())

@step
def make_dict():
    return {'f': predicted, 'n': called()}

@step
def make_global():
    return BOUND

@step
def make_transformer():
    from sklearn.preprocessing import FunctionTransformer
    return FunctionTransformer(func=predicted)

@step
def make_lambda():
    return lambda: predicted()

@step
def make_closure():
    def inside(): return predicted()
    return inside

@step
def number() -> int:
    return make_number()

@step
def pass_on(x):
    return [x]

@step
def use(x):
    return x.predict()

@step
def use_base(x: Base):
    return x.predict()

@step
def use_number(x: int):
    return x
"""
HELPING = "def predicted(n=0): return 1\n\ndef called(): return 3\n"
PREDICTED = ("helping.py", "return 1", "return 2")
CALLED = ("helping.py", "return 3", "return 4")
MODE = ("lib.py", "FAST = 1", "FAST = 2")
GIVEN = {
    "the result of another step": ("use(make())", PREDICTED),
    "a result by way of another": ("use(pass_on(make()))", PREDICTED),
    "a result in a list": ("use([1, make()])", PREDICTED),
    "a result in a dict": ("use({'a': make()})", PREDICTED),
    "a result where a base class is said": ("use_base(make())", PREDICTED),
    "a constant": ("use(Data(1))", PREDICTED),
    "a constant inside of one": ("use([{'a': Data(1)}])", PREDICTED),
    "a constant by way of a step": ("use(pass_on(Data(1)))", PREDICTED),
    "a member of an enumeration": ("use(Mode.FAST)", MODE),
    "a key of a dict": ("use({Mode.FAST: make()})", MODE),
    "a parameter": ("use(mode)", MODE),
    "a function in a partial": ("use(make_partial())", PREDICTED),
    "a function in a dict": ("use(make_dict())", PREDICTED),
    "a function in a global": ("use(make_global())", PREDICTED),
    "a function in an object of another's": ("use(make_transformer())", PREDICTED),
    "what a lambda calls": ("use(make_lambda())", PREDICTED),
    "what a function inside another calls": ("use(make_closure())", PREDICTED),
    "a function by way of a step": ("use(pass_on(make_partial()))", PREDICTED),
}
PLAIN = {
    "a function that is only called": ("use(make_partial())", CALLED),
    "a function that is called beside one": ("use(make_dict())", CALLED),
    "a number": ("use(number())", PREDICTED),
    "what must be a number": ("use_number(make())", PREDICTED),
    "a result, and a function changed": ("use(make())", ("lib.py", "Model().p", "Base().p")),
    "a result of another class": ("use(Mode.FAST)", PREDICTED),
}


def digest_of_use(folder: Path, call: str, *edits: tuple[str, str, str]) -> str:
    main = f"{MAIN}\n@pipeline\ndef p(mode: Mode = Mode.FAST):\n    {call}\n"
    files = {"main.py": main, "lib.py": LIB, "helping.py": HELPING}
    found = codes(folder, edited(files, *edits))
    return found[call.partition("(")[0]].digest


@pytest.mark.parametrize(("call", "edit"), GIVEN.values(), ids=GIVEN.keys())
def test_the_class_of_an_object_counts_for_who_is_given_it(
    call: str, edit: tuple[str, str, str], tmp_path: Path
) -> None:
    assert digest_of_use(tmp_path, call) != digest_of_use(tmp_path, call, edit)


@pytest.mark.parametrize(("call", "edit"), PLAIN.values(), ids=PLAIN.keys())
def test_nothing_counts_that_cannot_be_given(
    call: str, edit: tuple[str, str, str], tmp_path: Path
) -> None:
    assert digest_of_use(tmp_path, call) == digest_of_use(tmp_path, call, edit)
