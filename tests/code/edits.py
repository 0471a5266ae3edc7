"""The edit matrix as a table: a project, and edits of it."""
# One edit, one line: the table is read down its columns.
# ruff: noqa: E501

from __future__ import annotations

from typing import NamedTuple

Edit = tuple[str, str, str]
"""A file, a text in it, and what replaces that text; an empty text appends."""

MAIN = '''\
"""Two steps that share little."""
import json
import logging
from typing import TYPE_CHECKING

import flowc
import shapes
from flowc import RetryConfig, pipeline, step as task
from lib import shift, SCALE, cut as trim
from pack import deep, starred
from pack.wide import *
import pack.inner as inner
from decorators import timed, listed

if TYPE_CHECKING:
    from types_only import Row

try:
    import fast_path as path
except ImportError:
    import slow_path as path

LIMIT = 3
NAMES = ["x", "y"]
OTHER = {"only": "b"}
logger = logging.getLogger(__name__)


class Model:
    """A model."""

    rate = 0.5

    def fit(self, data: int) -> int:
        """Fit."""
        return step_up(data) * 2


class Special(Model):
    def fit(self, data: int) -> int:
        return data


def step_up(value):
    # a comment
    total = value + LIMIT
    return total


def unused():
    return 7


def twice(value, factor=SCALE):
    return value * factor


@timed
def slow(value):
    """Slow."""
    return value


@timed
def slow_too(value):
    return value


@task(enable_cache=True, retry=RetryConfig(max_retries=1))
def a(start: int = 1) -> int:
    """Step a."""
    model = Model()
    text = f"{start}" "!"
    numbers = [trim(n) for n in range(start)]
    return model.fit(shift(start)) + len(text) + len(NAMES) + path.walk(1) + len(numbers)


@flowc.step
def b(start: int = 1, row: "Row | None" = None) -> int:
    def nested(value):
        return twice(value)

    from local_only import helper

    wide = everything(1) + deep(2) + starred
    return nested(start) + slow(1) + helper() + inner.low() + len(OTHER) + wide


@pipeline
def both():
    a()
    b()


if __name__ == "__main__":
    both()
'''

FILES = {
    "main.py": MAIN,
    "lib.py": '''\
"""Helpers."""
from deeper import base

SCALE: int = 2
UNUSED = 5


def shift(value):
    return base(value) + 1


def cut(value):
    return value


def cut_more(value):
    return value - 1
''',
    "deeper.py": "def base(value):\n    return value\n\ndef other(value):\n    return value\n",
    "shapes.py": "class Circle:\n    size = 1\n",
    "decorators.py": """\
import functools
import time

KNOWN = []


def timed(function):
    @functools.wraps(function)
    def wrapper(*args):
        time.perf_counter()
        return function(*args)

    return wrapper


def listed(function):
    KNOWN.append(function)
    return function
""",
    "pack/__init__.py": "from .inner import deep\nfrom .consts import starred as starred\n",
    "pack/inner.py": "from . import consts\n\ndef deep(x):\n    return x + consts.DEPTH\n\n"
    "def low():\n    return 0\n\ndef lower():\n    return 0\n",
    "pack/consts.py": "DEPTH = 4\nstarred = 5\nNOT_USED = 1\n",
    "pack/wide.py": "__all__ = ['everything']\n\ndef everything(x):\n    return x\n\n"
    "def not_offered(x):\n    return x\n",
    "fast_path.py": "def walk(x):\n    return 0\n",
    "slow_path.py": "def walk(x):\n    return 0\n\ndef run(x):\n    return 0\n",
    "types_only.py": "class Row:\n    width: int = 1\n",
    "local_only.py": "def helper():\n    return 1\n",
}


class Case(NamedTuple):
    """``changed`` are the steps that must miss; ``cause`` is the part that says why."""

    title: str
    edits: list[Edit]
    changed: str = ""
    cause: str = ""


HITS = [
    Case("nothing", []),
    Case("a comment", [("main.py", "# a comment", "# another")]),
    Case("a comment at the end of a line", [("lib.py", "return value\n", "return value  # x\n")]),
    Case("blank lines", [("main.py", "total = value", "\n\n    total = value")]),
    Case("indentation", [("deeper.py", "    return value\n\n", "  return value\n\n")]),
    Case("spaces", [("main.py", "value + LIMIT", "value+LIMIT")]),
    Case("parentheses", [("main.py", "value + LIMIT", "(value + LIMIT)")]),
    Case("a line broken", [("main.py", "value + LIMIT", "(\n        value +\n        LIMIT)")]),
    Case("quotes", [("main.py", '["x", "y"]', "['x', 'y']")]),
    Case("a text in pieces", [("main.py", '["x", "y"]', '["x", "" "y"]')]),
    Case("an escape", [("main.py", '["x", "y"]', '["\\x78", "y"]')]),
    Case("a trailing comma", [("main.py", '["x", "y"]', '["x", "y",]')]),
    Case("a suite on one line", [("main.py", "def unused():\n    return 7", "def unused(): return 7")]),
    Case("a semicolon", [("main.py", "total = value + LIMIT\n    ", "total = value + LIMIT; ")]),
    Case("docstring of a step", [("main.py", "Step a.", "The step called a.")]),
    Case("docstring of a method", [("main.py", '"""Fit."""', '"""Fit it."""')]),
    Case("docstring of a method taken away", [("main.py", '        """Fit."""\n', "")]),
    Case("docstring of a class", [("main.py", '"""A model."""', '"""The model."""')]),
    Case("docstring of a module", [("lib.py", "Helpers.", "Helping.")]),
    Case("an unused function", [("main.py", "return 7", "return 8")]),
    Case("a function added", [("lib.py", "", "\n\ndef fresh():\n    return 0\n")]),
    Case("an unused function gone", [("main.py", "def unused():\n    return 7\n", "")]),
    Case("an unused constant", [("lib.py", "UNUSED = 5", "UNUSED = 6")]),
    Case("an unused class", [("main.py", "class Special(Model):", "class Special(Model, object):")]),
    Case("an unused import", [("main.py", "import json\n", "import json\nimport csv\n")]),
    Case("a name added to an import", [("main.py", "import shift,", "import shift, UNUSED,")]),
    Case("a module nobody uses", [("shapes.py", "size = 1", "size = 2")]),
    Case("another function of a helper's module", [("deeper.py", "return value\n\ndef other", "return value\n\n\ndef other")]),
    Case("a body beside a helper's", [("deeper.py", "def other(value):\n    return value", "def other(value):\n    return 0")]),
    Case("an unused one with the same foreign decorator", [("main.py", "def slow_too(value):\n    return value", "def slow_too(value):\n    return 0")]),
    Case("functions swapped", [
        ("lib.py", "def cut(value):\n    return value\n\n\n", ""),
        ("lib.py", "", "\n\ndef cut(value):\n    return value\n"),
    ]),
    Case("plain constants swapped", [("lib.py", "SCALE: int = 2\nUNUSED = 5", "UNUSED = 5\nSCALE: int = 2")]),
    Case("options of a step", [("main.py", "max_retries=1", "max_retries=2")]),
    Case("the decorator's style", [("main.py", "@flowc.step\n", "@flowc.step()\n")]),
    Case("the decorator's name", [
        ("main.py", "step as task", "step as job"),
        ("main.py", "@task(", "@job("),
    ]),
    Case("the pipeline function", [("main.py", "    a()\n    b()\n", "    b()\n    a()\n")]),
    Case("what only a script runs", [("main.py", "    both()\n", "    print(both())\n")]),
    Case("what a star import does not offer", [("pack/wide.py", "def not_offered(x):\n    return x", "def not_offered(x):\n    return 0")]),
    Case("a constant beside a re-export", [("pack/consts.py", "NOT_USED = 1", "NOT_USED = 2")]),
    Case("the line numbers", [("main.py", "LIMIT = 3", "\n\n\n\nLIMIT = 3")]),
    Case("line ends", [("deeper.py", "def base(value):\n", "def base(value):\r\n")]),
]  # fmt: skip

MISSES = [
    Case("the step's body", [("main.py", "model = Model()", "model = Special()")], "a", "main.a"),
    Case("a helper", [("main.py", "value + LIMIT", "value - LIMIT")], "a", "main.step_up"),
    Case("a helper elsewhere", [("lib.py", "base(value) + 1", "base(value) + 2")], "a", "lib.shift"),
    Case("a helper of a helper", [("deeper.py", "    return value", "    return -value")], "a", "deeper.base"),
    Case("a helper in a comprehension", [("lib.py", "def cut(value):\n    return value", "def cut(value):\n    return 0")], "a", "lib.cut"),
    Case("a constant", [("main.py", "LIMIT = 3", "LIMIT = 4")], "a", "main.LIMIT"),
    Case("a list for a tuple", [("main.py", '["x", "y"]', '("x", "y")')], "a", "main.NAMES"),
    Case("an item of a list", [("main.py", '["x", "y"]', '["x", "z"]')], "a", "main.NAMES"),
    Case("a text's case", [("main.py", '"only": "b"', '"only": "B"')], "b", "main.OTHER"),
    Case("a number's type", [("main.py", "LIMIT = 3", "LIMIT = 3.0")], "a", "main.LIMIT"),
    Case("a constant assigned again", [("main.py", "LIMIT = 3", "LIMIT = 3\nLIMIT = LIMIT + 1")], "a", "main.LIMIT#2"),
    Case("a constant added to", [("main.py", "LIMIT = 3", "LIMIT = 3\nLIMIT += 1")], "a", "main.LIMIT#2"),
    Case("a constant on a condition", [("main.py", "LIMIT = 3", "LIMIT = 3\nif logging.INFO:\n    LIMIT = 4")], "a", "main.LIMIT#2"),
    Case("a default argument", [("main.py", "factor=SCALE", "factor=3")], "b", "main.twice"),
    Case("a constant in a default", [("lib.py", "SCALE: int = 2", "SCALE: int = 3")], "b", "lib.SCALE"),
    Case("a default of the step", [("main.py", 'start: int = 1) -> int:\n    """Step', 'start: int = 2) -> int:\n    """Step')], "a", "main.a"),
    Case("an annotation of the step", [("main.py", "def a(start: int", "def a(start: float")], "a", "main.a"),
    Case("the class of an annotation", [("types_only.py", "width: int = 1", "width: int = 2")], "b", "types_only.Row"),
    Case("a class attribute", [("main.py", "rate = 0.5", "rate = 0.6")], "a", "main.Model"),
    Case("a method", [("main.py", "* 2", "* 3")], "a", "main.Model"),
    Case("a method added", [("main.py", "    rate = 0.5\n", "    rate = 0.5\n    def __len__(self): return 1\n")], "a", "main.Model"),
    Case("a base class", [("main.py", "class Model:", "class Model(shapes.Circle):")], "a", "shapes.Circle"),
    Case("a foreign decorator added", [("main.py", "def unused():", "@timed\ndef unused():"), ("main.py", "return step_up", "return unused() + step_up")], "a", "decorators.timed"),
    Case("a foreign decorator", [("decorators.py", "return function(*args)", "return -function(*args)")], "b", "decorators.timed"),
    Case("a foreign decorator taken away", [("main.py", "@timed\ndef slow(", "def slow(")], "b", "main.slow"),
    Case("a docstring below a foreign decorator", [("main.py", '"""Slow."""', '"""Slower."""')], "b", "main.slow"),
    Case("a nested function", [("main.py", "return twice(value)", "return twice(value) + 1")], "b", "main.b"),
    Case("an import inside a function", [("local_only.py", "return 1", "return 2")], "b", "local_only.helper"),
    Case("a re-export", [("pack/inner.py", "return x + consts", "return x - consts")], "b", "pack.inner.deep"),
    Case("a constant behind a relative import", [("pack/consts.py", "DEPTH = 4", "DEPTH = 5")], "b", "pack.consts.DEPTH"),
    Case("a constant behind a re-export", [("pack/consts.py", "starred = 5", "starred = 6")], "b", "pack.consts.starred"),
    Case("a module under another name", [("pack/inner.py", "def low():\n    return 0", "def low():\n    return 1")], "b", "pack.inner.low"),
    Case("a star import", [("pack/wide.py", "def everything(x):\n    return x", "def everything(x):\n    return 0")], "b", "pack.wide.everything"),
    Case("a condition's first branch", [("fast_path.py", "return 0", "return 1")], "a", "fast_path.walk"),
    Case("a condition's other branch", [("slow_path.py", "def walk(x):\n    return 0", "def walk(x):\n    return 1")], "a", "slow_path.walk"),
    Case("the condition", [("main.py", "except ImportError", "except OSError")], "a", "main.try"),
    Case("an import's other meaning", [("main.py", "cut as trim", "cut_more as trim")], "a", "lib.cut_more"),
    Case("two imports swapped", [("main.py", "import shift, SCALE, cut as trim", "import cut as shift, SCALE, shift as trim")], "a", "main.shift"),
    Case("the source of a re-export", [("pack/__init__.py", "from .inner import deep", "from .wide import everything as deep")], "b", "pack.deep"),
    Case("an f-string", [("main.py", 'f"{start}"', 'f"{start:3}"')], "a", "main.a"),
    Case("an f-string that shows its expression", [("main.py", 'f"{start}"', 'f"{start=}"')], "a", "main.a"),
    Case("rename of a local", [("main.py", "total = value + LIMIT\n    return total", "result = value + LIMIT\n    return result")], "a", "main.step_up"),
    Case("rename of a parameter", [("main.py", "def step_up(value):\n    # a comment\n    total = value", "def step_up(given):\n    # a comment\n    total = given")], "a", "main.step_up"),
    Case("rename of a helper", [("main.py", "def step_up(", "def go_up("), ("main.py", "return step_up(", "return go_up(")], "a", "main.go_up"),
    Case("a builtin hidden", [("main.py", "def unused():", "def len(value):\n    return 1\n\n\ndef unused():")], "ab", "main.len"),
    Case("a subscript by a tuple", [("main.py", "len(OTHER)", "len(OTHER['only',])")], "b", "main.b"),
    Case("a call on import", [("main.py", "NAMES = [", "json.dumps(1)\nNAMES = [")], "ab", "main.json.dumps"),
    Case("an item set on import", [("main.py", "logger =", 'OTHER["more"] = 1\nlogger =')], "ab", "main.OTHER#2"),
    Case("a call in a module that is imported", [("shapes.py", "", "\nprint(Circle.size)\n")], "ab", "shapes.print"),
    Case("a call in a package", [("pack/__init__.py", "", "\nprint(starred)\n")], "ab", "pack.print"),
    Case("a patch", [("shapes.py", "", "\nimport lib\nlib.shift = lib.cut\n")], "ab", "shapes.lib.shift"),
    Case("a registered function", [("main.py", "def unused():", "@listed\ndef unused():")], "ab", "main.unused"),
    Case("annotations kept as text", [("deeper.py", "def base", "from __future__ import annotations\ndef base")], "a", "deeper.__future__"),
    Case("a parameter by name only", [("main.py", "def step_up(value):", "def step_up(value, *, more=0):")], "a", "main.step_up"),
    Case("async", [("pack/inner.py", "def low():", "async def low():")], "b", "pack.inner.low"),
    Case("the order of what is computed", [("main.py", "LIMIT = 3\n", "LIMIT = len([1])\nMORE = LIMIT + 1\nLIMIT = MORE * 2\n")], "a", "main.MORE"),
]  # fmt: skip
