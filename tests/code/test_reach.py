"""What enters by value, what widens to whole modules, and what a digest is explained with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.code.projects import codes, edited

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.passes.code import Code
    from tests.code.edits import Edit

PIPELINE = "\n\n@pipeline\ndef both():\n    a()\n"


def project(source: str, **others: str) -> dict[str, str]:
    """``main.py`` with a step ``a``, and other modules by name."""
    text = f"from flowc import pipeline, step\n{source}{PIPELINE}"
    return {"main.py": text, **{f"{name}.py": text for name, text in others.items()}}


def code(folder: Path, files: dict[str, str], *edits: Edit) -> Code:
    return codes(folder, edited(files, *edits))["a"]


def names(found: Code, kind: str = "") -> set[str]:
    return {part.name for part in found.parts if kind in {"", part.kind}}


VALUES = {
    "a call": "import time\nX = time.time()",
    "a method of a call": "from pathlib import Path\nX = Path('x.txt').exists()",
    "an environment variable": "import os\nX = os.environ.get('NOWHERE', '1')",
    "an item of the environment": "import os\nX = dict(os.environ)['PATH']",
    "a function of the author's": "import random\ndef make(): return random.random()\nX = make()",
    "a comprehension": "import random\nX = [random.random() for _ in range(2)]",
    "several names": "import time\nX, Y = time.time(), 2",
    "a condition": "import os\nif os.getenv('NOWHERE'):\n    X = 1\nelse:\n    X = 2",
    "with": "import os\nwith open(os.devnull) as f:\n    X = f.read()",
    "a function given to map": "import os\ndef make(n): return os.getenv('NOWHERE', n)\n"
    "X = list(map(make, 'ab'))",
    "a function given to another": "import os\ndef call(f): return f()\nX = call(os.getpid)",
    "what fills it": "import os\nX = {}\nX.update(os.environ)",
    "a loop that fills it": "import os\nX = []\nfor name in os.listdir('.'):\n    X.append(name)",
    "a method of an object": "import os\nclass Model:\n    def get(self): return os.getpid()\n"
    "X = Model().get()",
    "another's function": "import yaml\nX = yaml.safe_load('1')",
}


@pytest.mark.parametrize("source", VALUES.values(), ids=VALUES.keys())
def test_a_global_from_outside_the_code_counts_by_value(source: str, tmp_path: Path) -> None:
    found = code(tmp_path, project(f"{source}\n\n@step\ndef a() -> int:\n    return X"))
    assert names(found, "value") == {"main.X"}
    assert found.uncacheable == ""


def test_an_unused_global_from_outside_does_not_count(tmp_path: Path) -> None:
    source = "import time\nX = time.time()\n\n@step\ndef a() -> int:\n    return 1"
    assert names(code(tmp_path, project(source))) == {"main.a"}


def test_another_value_is_a_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = project("import os\nX = os.environ['MODE']\n\n@step\ndef a() -> int:\n    return X")
    monkeypatch.setenv("MODE", "one")
    first = code(tmp_path, files)
    assert code(tmp_path, files).digest == first.digest
    monkeypatch.setenv("MODE", "two")
    assert code(tmp_path, files).digest != first.digest


PURE = {
    "a pattern": "import re\nX = re.compile('a')",
    "a logger": "import logging\nX = logging.getLogger(__name__)",
    "a path": "from pathlib import Path\nX = Path(__file__).resolve().parent / 'data'",
    "a folder": "from pathlib import Path\nX = Path.home() / 'data'",
    "a set": "X = frozenset(['a', 'b'])",
    "a date": "import datetime\nX = datetime.date(2020, 1, 1)",
    "a named tuple": "from collections import namedtuple\nX = namedtuple('X', 'a b')",
    "a type variable": "from typing import TypeVar\nX = TypeVar('X')",
    "a function of the author's": "def make(): return object()\nX = make()",
    "an object of the author's": "class Model:\n    pass\nX = Model()",
    "an object with methods that read": "import os\nclass Model:\n"
    "    def __init__(self, path): self.path = path\n"
    "    def read(self): return open(self.path).read()\nX = Model('a')",
    "functions in a table": "def read(): return open('x')\nX = dict(read=read)",
    "joined paths": "import os\nX = os.path.join('a', 'b')",
    "a dataclass": "from dataclasses import dataclass, field\n@dataclass\nclass X:\n"
    "    a: list = field(default_factory=list)",
    "an enumeration": "import enum\nclass X(enum.Enum):\n    A = enum.auto()",
    "a step": "@step\ndef other() -> int:\n    return 1\n"
    "X = other.with_options(enable_cache=False)",
    "a lambda that reads": "X = dict(read=lambda path: path.read_text())",
    "an array": "import numpy as np\nX = np.zeros(3)",
}


@pytest.mark.parametrize("source", PURE.values(), ids=PURE.keys())
def test_a_global_from_nothing_but_code_counts_as_written(source: str, tmp_path: Path) -> None:
    found = code(tmp_path, project(f"{source}\n\n@step\ndef a() -> int:\n    return X"))
    assert names(found, "value") == set()
    assert "main.X" in names(found)
    assert found.uncacheable == ""


UNSAFE = {
    "an object": "import random\nX = random.Random()",
    "an object that reads": "X = None\nimport os\nclass Model:\n"
    "    def __init__(self): self.get()\n"
    "    def get(self): return os.getpid()\nX = Model()",
    "a default": "import random\ndef X(value=random.Random()): return value",
    "a class attribute": "import random\nclass X:\n    source = [random.Random()]",
    "a condition": "import os\nif os.environ.get('NOWHERE'):\n    def X(): return 1\n"
    "else:\n    def X(): return 2",
}


@pytest.mark.parametrize("source", UNSAFE.values(), ids=UNSAFE.keys())
def test_a_value_without_a_lossless_form_is_not_safe_to_cache(source: str, tmp_path: Path) -> None:
    found = code(tmp_path, project(f"{source}\n\n@step\ndef a() -> int:\n    return X"))
    assert found.uncacheable.startswith("main.X (main.py:")
    assert ") is computed on import by " in found.uncacheable


def test_which_import_an_outside_condition_chose_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "import os\nif os.getenv('MODE'):\n    import lib as X\nelse:\n    import deeper as X\n"
    )
    files = project(
        f"{source}@step\ndef a() -> int:\n    return X.deep()", lib=DEEPER, deeper=DEEPER
    )
    first = code(tmp_path, files)
    monkeypatch.setenv("MODE", "1")
    second = code(tmp_path, files)
    assert (first.digest != second.digest, first.uncacheable, second.uncacheable) == (True, "", "")


def test_a_default_from_outside_counts_by_value(tmp_path: Path) -> None:
    source = "import os\ndef X(value=os.getenv('NOWHERE')): return value\n\n"
    found = code(tmp_path, project(f"{source}@step\ndef a() -> int:\n    return X()"))
    assert (names(found, "value"), found.uncacheable) == ({"main.X"}, "")


LIB = "import deeper\n\ndef used():\n    return 1\n\ndef beside():\n    return 2\n"
DEEPER = "def deep():\n    return 1\n"
WIDENING = {
    "a module passed on": "import lib\n@step\ndef a() -> int:\n    return len(dir(lib))",
    "getattr": "import lib\n@step\ndef a() -> int:\n    return getattr(lib, 'used')()",
    "a module by name": "from importlib import import_module\n@step\ndef a() -> int:\n"
    "    return import_module('li' + 'b').used()\nimport lib",
    "a module by its written name": "import importlib\n@step\ndef a() -> int:\n"
    "    return importlib.import_module('lib').used()\nimport lib",
    "eval": "from lib import beside\n@step\ndef a() -> int:\n    return eval('beside')()",
    "globals": "from lib import beside\n@step\ndef a() -> int:\n    return globals()['beside']()",
    "loaded modules": "import sys, lib\n@step\ndef a() -> int:\n    return sys.modules['lib'].x",
    "an attribute nobody binds": "import lib\n@step\ndef a() -> int:\n    return lib.made()",
}


@pytest.mark.parametrize("source", WIDENING.values(), ids=WIDENING.keys())
def test_what_cannot_be_followed_widens(source: str, tmp_path: Path) -> None:
    files = project(source, lib=LIB, deeper=DEEPER)
    first = code(tmp_path, files)
    assert code(tmp_path, files, ("lib.py", "return 2", "return 3")).digest != first.digest
    assert code(tmp_path, files, ("lib.py", "return 2", "return 2  # 2")).digest == first.digest


def test_a_whole_module_includes_what_it_imports(tmp_path: Path) -> None:
    files = project(
        "import lib\n@step\ndef a() -> int:\n    return vars(lib)", lib=LIB, deeper=DEEPER
    )
    assert "deeper.deep" in names(code(tmp_path, files))


DECORATOR = """\
KNOWN = {}

def keep(function):
    KNOWN[function.__name__] = function
    return function
"""
FACTORY = """\
KNOWN = {}

def keep(name):
    def inner(function):
        KNOWN[name] = function
        return function
    return inner
"""
METHOD = """\
class Known:
    def __init__(self):
        self.all = []

    def keep(self, function):
        self.all.append(function)
        return function

known = Known()
"""
ATTRIBUTE = """\
def keep(function):
    keep.known.append(function)
    return function

keep.known = []
"""
DISPATCH = "import functools\n@functools.singledispatch\ndef keep(x):\n    return x"
KEPT = {
    "a decorator": (DECORATOR, "@lib.keep"),
    "a decorator with arguments": (FACTORY, "@lib.keep('x')"),
    "a method": (METHOD, "@lib.known.keep"),
    "a function's attribute": (ATTRIBUTE, "@lib.keep"),
    "single dispatch": (DISPATCH, "@lib.keep.register(int)"),
    "another's registry": ("import atexit as keep", "@lib.keep.register"),
}


@pytest.mark.parametrize(("lib", "decorator"), KEPT.values(), ids=KEPT.keys())
def test_what_a_decorator_may_keep_counts_for_all(
    lib: str, decorator: str, tmp_path: Path
) -> None:
    source = f"import lib\n{decorator}\ndef kept(x=0):\n    return 1\n\n"
    files = project(f"{source}@step\ndef a() -> int:\n    return 2", lib=lib)
    assert "main.kept" in names(code(tmp_path, files))


def test_subclasses_count_where_a_base_class_hears_of_them(tmp_path: Path) -> None:
    base = "class Base:\n    def __init_subclass__(cls): cls.known = True\n"
    source = "import lib\nclass Kept(lib.Base):\n    x = 1\n\n@step\ndef a() -> int:\n    return 1"
    assert "main.Kept" in names(code(tmp_path, project(source, lib=base)))
    plain = base.replace("__init_subclass__", "method")
    assert "main.Kept" not in names(code(tmp_path, project(source, lib=plain)))


def test_subclasses_count_where_somebody_asks_for_them(tmp_path: Path) -> None:
    source = "class Base: pass\nclass Kept(Base):\n    x = 1\n\n@step\ndef a() -> int:\n"
    found = code(tmp_path, project(f"{source}    return len(Base.__subclasses__())"))
    assert "main.Kept" in names(found)


def test_configuring_a_step_on_import_does_not_count(tmp_path: Path) -> None:
    files = project("@step\ndef a() -> int:\n    return 1\n\na.configure(enable_cache=False)")
    assert names(code(tmp_path, files)) == {"main.a"}


DOCS = {
    "__doc__": "return len(helper.__doc__)",
    "inspect": "import inspect; return len(inspect.getdoc(helper))",
}


@pytest.mark.parametrize("body", DOCS.values(), ids=DOCS.keys())
def test_docstrings_count_for_who_looks_at_them(body: str, tmp_path: Path) -> None:
    source = f"def helper():\n    '''Old.'''\n\n@step\ndef a() -> int:\n    {body}"
    files = project(source)
    first, second = code(tmp_path, files), code(tmp_path, files, ("main.py", "Old", "New"))
    assert first.digest != second.digest
    assert "main.helper" in names(first, "docstring")


def test_comments_count_for_who_reads_the_source(tmp_path: Path) -> None:
    files = project(
        "import inspect\n@step\ndef a() -> int:\n    return inspect.getsource(a)  # old"
    )
    assert code(tmp_path, files).digest != code(
        tmp_path, files, ("main.py", "# old", "# a")
    ).digest or "text" in {part.kind for part in code(tmp_path, files).parts}


def test_a_flowc_decorator_from_the_authors_own_module(tmp_path: Path) -> None:
    main = "from ours import work\n@work(enable_cache=True)\ndef a() -> int:\n    return 1"
    files = project(main, ours="from flowc import step as work\n")
    first = code(tmp_path, files)
    second = code(tmp_path, files, ("main.py", "enable_cache=True", "enable_cache=False"))
    assert first.digest == second.digest
    assert names(first) == {"main.a"}


def test_packages_of_others_are_those_that_the_closure_uses(tmp_path: Path) -> None:
    source = (
        "import numpy as np\nimport yaml\nimport json\n"
        "def helper():\n    from hypothesis import given\n    return np.sum, json, given\n"
        "@step\ndef a() -> int:\n    return helper()"
    )
    assert code(tmp_path, project(source)).third_party == ("hypothesis", "numpy")


def test_a_part_says_where_it_is(tmp_path: Path) -> None:
    files = project("import lib\n@step\ndef a() -> int:\n    return lib.used()", lib=f"\n\n{LIB}")
    found = code(tmp_path, files | {"deeper.py": DEEPER})
    assert [part[:3] for part in found.parts] == [
        ("function", "lib.used", "lib.py:5"),
        ("function", "main.a", "main.py:3"),
        ("import", "main.lib", "main.py:2"),
    ]


NAMES = {
    "a parameter hides a global": "def helper(X):\n    return X",
    "a local hides a global": "def helper():\n    X = 1\n    return X",
    "a loop": "def helper():\n    for X in []:\n        pass\n    return X",
    "a comprehension": "def helper():\n    return [X for X in []]",
    "a caught exception": "def helper():\n    try:\n        pass\n    except Exception as X:\n"
    "        return X",
    "a match": "def helper(v):\n    match v:\n        case [X, *_]:\n            return X",
    "a walrus": "def helper():\n    return [(X := n) for n in []] and X",
    "an outer function's local": "def helper():\n    X = 1\n    def inner():\n        return X\n"
    "    return inner",
    "an attribute": "def helper(v):\n    return v.X",
    "a keyword": "def helper(v):\n    return v(X=1)",
}


@pytest.mark.parametrize("source", NAMES.values(), ids=NAMES.keys())
def test_a_local_name_is_no_global(source: str, tmp_path: Path) -> None:
    files = project(f"X = 1\n{source}\n@step\ndef a() -> int:\n    return helper")
    assert names(code(tmp_path, files)) == {"main.a", "main.helper"}


GLOBALS = {
    "global": "def helper():\n    global X\n    X = 1",
    "a default": "def helper(X=X):\n    return X",
    "the first iterable": "def helper():\n    return [X for X in X]",
    "a class's body": "def helper():\n    class Inner:\n        X = X\n    return Inner",
    "a method beside a class attribute": "class helper:\n    X = 2\n    def get(self):\n"
    "        return X",
    "a lambda": "helper = lambda: X",
    "an f-string": "def helper():\n    return f'{X:>{X}}'",
    "a decorator below": "def helper():\n    @X\n    def inner(): pass\n    return inner",
    "a quoted annotation": "def helper(v: 'list[X]'):\n    return v",
    "a match's value": "def helper(v):\n    match v:\n        case X.y:\n            return 1",
    "deleting": "def helper():\n    global X\n    del X",
}


@pytest.mark.parametrize("source", GLOBALS.values(), ids=GLOBALS.keys())
def test_a_global_name_is_followed(source: str, tmp_path: Path) -> None:
    files = project(f"X = 1\n{source}\n@step\ndef a() -> int:\n    return helper")
    assert {"main.X", "main.helper"} < names(code(tmp_path, files))
