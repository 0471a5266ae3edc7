"""Which steps need a process that has imported nothing but what their own module imports."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from flowc.passes.code import find_leftovers
from flowc.trace.modules import reach
from tests.code.projects import opened

if TYPE_CHECKING:
    from pathlib import Path

STEPS = "import lib\nfrom flowc import step\n\n@step\ndef a() -> int:\n    return lib.X"
PIPELINE = "\n\n@pipeline\ndef both():\n    steps.a()\n"
LIB = "X = 1\nREADERS = {}\ndef register(f):\n    READERS[f.__name__] = f\n    return f\n"


def leftovers(folder: Path, main: str, **others: str) -> str:
    """Why the step `steps.a` needs a process of its own; ``main`` is above the pipeline."""
    files = {
        "lib.py": LIB,
        "steps.py": STEPS,
        "main.py": f"import steps\nfrom flowc import pipeline\n{main}{PIPELINE}",
        **{f"{name}.py": text for name, text in others.items()},
    }
    with opened(folder / "project", files):
        modules = reach({"main": str(folder / "project" / "main.py")})
        found = find_leftovers(["steps"], modules)
        # What is kept says the same.
        assert find_leftovers(["steps"], modules) == found
    return found.get("steps", "")


EFFECTS = {
    "a variable of the environment": "import os\nos.environ['NOWHERE'] = '1'",
    "an attribute of another module": "import lib\nlib.X = 2",
    "an item of another module's": "from lib import READERS\nREADERS['b'] = len",
    "a decorator that registers": "import lib\n@lib.register\ndef read(): ...",
    "a call": "import logging\nlogging.basicConfig()",
    "in an indented statement": "import lib\nif lib.X:\n    lib.X = 2",
}


@pytest.mark.parametrize("main", EFFECTS.values(), ids=EFFECTS.keys())
def test_an_effect_that_the_step_does_not_import(main: str, tmp_path: Path) -> None:
    why = leftovers(tmp_path, main)
    line = 3 + main.count("\n", 0, main.rindex("if ") if "if " in main else main.rindex("\n") + 1)
    line -= main.endswith("read(): ...")
    assert why == f"main.py:{line} is run on import, and its module does not import that"


PLAIN = {
    "constants": "X = 3\nY = [X]",
    "definitions": "def helper(): ...\nclass Model:\n    size = 3",
    "what only a script runs": "import lib\nif __name__ == '__main__':\n    lib.X = 2",
    "configured steps": "steps.a.configure(enable_cache=False)\nc = steps.a.with_options()",
    "a logger": "import logging\nlog = logging.getLogger(__name__)",
    "what nobody has imported": "def late():\n    import plugins",
}


@pytest.mark.parametrize("main", PLAIN.values(), ids=PLAIN.keys())
def test_nothing_that_others_see(main: str, tmp_path: Path) -> None:
    assert leftovers(tmp_path, main, plugins="import lib\nlib.X = 3\n") == ""


def test_an_effect_that_the_step_imports_too(tmp_path: Path) -> None:
    plugins = "import lib\nlib.X = 3\n"
    assert leftovers(tmp_path, "import plugins", plugins=plugins) == (
        "plugins.py:2 is run on import, and its module does not import that"
    )
    both = f"import plugins\n{STEPS}"
    assert leftovers(tmp_path, "import plugins", plugins=plugins, steps=both) == ""


RANDOM = {
    "random.seed(0)": True,
    "numpy.random.seed(1)": True,
    "rng = numpy.random.default_rng()": True,
    "from numpy.random import default_rng as make\nrng = make(3)": True,
    "from sklearn.utils import check_random_state\nrng = check_random_state(0)": True,
    "if True:\n    random.seed(0)": True,
    "def begin():\n    random.seed(0)\nbegin()": True,
    "class Model:\n    rng = random.Random(3)": True,
    "def draw(rng=random.Random(3)): ...": True,
    "SEED = 42": False,
    "def seed(x): ...\nX = seed(3)": False,
    "def draw():\n    return random.Random(3)": False,
    "def draw():\n    random.seed(0)\n    return random.random()": False,
    "a = numpy.array([1])": False,
    "from collections.abc import Generator\nX = Generator": False,
}


@pytest.mark.parametrize(("lib", "makes"), RANDOM.items(), ids=RANDOM.keys())
def test_random_state(lib: str, makes: bool, tmp_path: Path) -> None:  # noqa: FBT001
    why = leftovers(tmp_path, "", lib=f"import random\nimport numpy\nX = 1\n{lib}\n")
    assert why.endswith("makes random state while it is imported") is makes
    assert why.startswith("lib.py:") is makes


def test_a_step_that_draws_and_is_given_other_options(tmp_path: Path) -> None:
    draws = STEPS.replace("import lib", "import lib, random").replace("lib.X", "random.Random(1)")
    assert leftovers(tmp_path, "b = steps.a.with_options(enable_cache=False)", steps=draws) == ""
    assert "steps" not in sys.modules
