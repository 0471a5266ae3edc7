"""Which steps need a process that has imported nothing but what their own module imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.passes.code import find_leftovers
from flowc.trace.modules import reach
from tests.code.projects import opened

if TYPE_CHECKING:
    from pathlib import Path

STEPS = "import lib\nfrom flowc import step\n\n@step\ndef a() -> int:\n    return lib.X"
PIPELINE = "\n\n@pipeline\ndef both():\n    steps.a()\n"
LIB = """
X = 1
READERS = {}
def double(x):
    return 2 * x
def register(f):
    READERS[f.__name__] = f
    return f
class Base:
    def __init_subclass__(cls):
        READERS[cls.__name__] = cls
"""


def leftovers(folder: Path, main: str, *, root: str = "steps", **others: str) -> str:
    """Why the steps in ``root`` need a process of their own; ``main`` is above the pipeline."""
    files = {
        "lib.py": LIB,
        "steps.py": STEPS,
        "main.py": f"import steps\nfrom flowc import pipeline\n{main}{PIPELINE}",
        **{f"{name}.py": text for name, text in others.items()},
    }
    with opened(folder / "project", files):
        modules = reach({"main": str(folder / "project" / "main.py")})
        found = find_leftovers([root], modules)
        # What is kept says the same.
        assert find_leftovers([root], modules) == found
    return found.get(root, "")


OTHERS = "may change what they see, and their modules do not import it"

EFFECTS = {
    "a variable of the environment": "import os\nos.environ['NOWHERE'] = '1'  # here",
    "a variable by a method": "import os\nX = os.environ.setdefault('NOWHERE', '1')  # here",
    "an attribute of another module": "import lib\nlib.X = 2  # here",
    "an attribute by setattr": "import lib\nX = setattr(lib, 'X', 2)  # here",
    "an item of another module's": "from lib import READERS\nREADERS['b'] = len  # here",
    "an item by another name": "import lib\nheld = lib.READERS\nheld['b'] = len  # here",
    "a method of another module's": "import lib\nlib.READERS.update(b=len)  # here",
    "a decorator that registers": "import lib\n@lib.register  # here\ndef read(): ...",
    "an own decorator that registers": "import lib\ndef kept(f):\n    return lib.register(f)\n"
    "@kept  # here\ndef read(): ...",
    "a class that registers": "import lib\nclass Kept(lib.Base): ...  # here",
    "others' global state": "import numpy\nnumpy.seterr(all='raise')  # here",
    "others' random state": "import random\nrandom.seed(0)  # here",
    "behind a function": "import os\ndef setup():\n    os.environ['NOWHERE'] = '1'\n"
    "READY = setup()  # here",
    "behind two": "import lib\ndef below():\n    lib.X = 3\ndef setup():\n    below()\n"
    "setup()  # here",
    "behind another's": "import lib\nREADY = lib.register(len)  # here",
    "in an indented statement": "import lib\nif lib.X:  # here\n    lib.X = 2",
    "in a class's body": "import lib\nclass Setup:  # here\n    lib.X = 3",
    "given to an own function": "import lib\ndef fill(readers): readers['b'] = len\n"
    "fill(lib.READERS)  # here",
    "given to one whose result is kept": "import lib\ndef fill(readers):\n"
    "    readers['b'] = len\n    return 1\nN = fill(lib.READERS)  # here",
    "a class that is given": "import lib\ndef patch(c):\n    c.n = 2\n    return c\n"
    "N = patch(lib.Base)  # here",
    "a class that is given, the result ignored": "import lib\ndef patch(c): c.n = 2\n"
    "patch(lib.Base)  # here",
    "a class that is taken": "import lib\ndef patch():\n    c = lib.Base\n    c.n = 2\n"
    "N = patch()  # here",
    "in a comprehension": "import lib\nN = [t.clear() for t in [lib.READERS]]  # here",
}


@pytest.mark.parametrize("main", EFFECTS.values(), ids=EFFECTS.keys())
def test_an_effect_that_the_step_does_not_import(main: str, tmp_path: Path) -> None:
    line = 3 + main[: main.index("# here")].count("\n")
    assert leftovers(tmp_path, main) == f"main.py:{line} {OTHERS}"


PLAIN = {
    "constants": "X = 3\nY = [X]",
    "definitions": "def helper(): ...\nclass Model:\n    size = 3",
    "what only a script runs": "import lib\nif __name__ == '__main__':\n    lib.X = 2",
    "configured steps": "steps.a.configure(enable_cache=False)\nc = steps.a.with_options()",
    "a step configured at times": "import os\nif os.environ.get('NOWHERE'):\n"
    "    steps.a.configure(enable_cache=False)",
    "what nobody has imported": "def late():\n    import plugins",
    "logging": "import logging\nlog = logging.getLogger(__name__)\nlogging.basicConfig()\n"
    "log.setLevel(3)\nlogging.getLogger(__name__).addHandler(logging.NullHandler())",
    "warnings": "import warnings\nwarnings.filterwarnings('ignore')",
    "where modules are found": "import sys\nsys.path.insert(0, '.')",
    "a message": "import lib\nprint('imported', lib.X)",
    "an own table": "TABLE = {}\nTABLE['a'] = 1\nTABLE.update(b=2)\n"
    "for n in 'cd':\n    TABLE[n] = n",
    "an own registry": "KEPT = []\ndef keep(f):\n    KEPT.append(f)\n    return f\n"
    "@keep\ndef f(): ...",
    "an own object": "class Table:\n    items = {}\nTABLE = Table()",
    "a parser of arguments": "import argparse\nparser = argparse.ArgumentParser()\n"
    "parser.add_argument('--level')",
    "a command": "import click\n@click.group()\ndef cli(): ...\n@cli.command()\ndef train(): ...",
    "a fixture": "import pytest\n@pytest.fixture\ndef data(): ...\n"
    "@pytest.mark.parametrize('x', [1])\ndef test_x(x): ...",
    "a file that is read": "import yaml\ndef load():\n    return yaml.safe_load('a: 1')\n"
    "CONFIG = load()",
    "what another computes": "import lib\nY = lib.double(lib.X)",
    "what is read of a table": "import lib\ndef names(readers):\n    found = []\n"
    "    for name in readers:\n        found.append(name.upper())\n    return found\n"
    "N = names(lib.READERS)",
    "a copy": "import lib\ndef more(readers):\n    readers = dict(readers)\n"
    "    readers['b'] = len\n    return readers\nN = more(lib.READERS)",
    "a comprehension": "import lib\nN = {name.upper(): lib.double(1) for name in lib.READERS}",
    "a wrapped function": "import functools, lib\ndef wrap(f):\n    @functools.wraps(f)\n"
    "    def inner(x):\n        return f(x)\n    inner.calls = 0\n    return inner\n"
    "N = wrap(lib.double)",
}


@pytest.mark.parametrize("main", PLAIN.values(), ids=PLAIN.keys())
def test_nothing_that_others_see(main: str, tmp_path: Path) -> None:
    assert leftovers(tmp_path, main, plugins="import lib\nlib.X = 3\n") == ""


def test_an_effect_that_the_step_imports_too(tmp_path: Path) -> None:
    plugins = "import lib\nlib.X = 3\n"
    assert leftovers(tmp_path, "import plugins", plugins=plugins) == f"plugins.py:2 {OTHERS}"
    both = f"import plugins\n{STEPS}"
    assert leftovers(tmp_path, "import plugins", plugins=plugins, steps=both) == ""


RANDOM = {
    "class Model:\n    def draw(self):\n        return random.Random(3)\nm = Model()": False,
    "class Model:\n    def __init__(self):\n        self.r = random.Random(3)\nm = Model()": True,
    "def begin(): ...\ndef draw():\n    return random.Random(3)\nX = [begin(), draw]": False,
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


def test_random_state_that_the_step_does_not_import(tmp_path: Path) -> None:
    assert (
        leftovers(tmp_path, "import draws", draws="import random\nRNG = random.Random(3)\n") == ""
    )


@pytest.mark.parametrize("body", ["random.Random(1)", "lib.READERS", "requests.get('http://x')"])
def test_a_step_with_other_options_is_not_called(tmp_path: Path, body: str) -> None:
    draws = STEPS.replace("import lib", "import lib, random, requests").replace("lib.X", body)
    main = "b = steps.a.with_options(enable_cache=False)"
    assert leftovers(tmp_path, main, steps=draws, requests="def get(u): ...\n") == ""


def test_a_step_of_an_installed_package(tmp_path: Path) -> None:
    main = "import os\nos.environ['NOWHERE'] = '1'"
    assert leftovers(tmp_path, main, root="installed") == f"main.py:4 {OTHERS}"
    assert leftovers(tmp_path, "X = 3", root="installed") == ""
