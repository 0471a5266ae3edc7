"""Files that are read on import, by whatever runs then."""

from __future__ import annotations

from tests.code.changes import READ, A, Change, read

READING = {
    "a constant": read(f"{READ}X = int((HERE / 'data.txt').read_text())\n{A}X"),
    "a decorator": read(
        f"{READ}import functools\ndef scaled(f):\n"
        "    n = int((HERE / 'data.txt').read_text())\n    @functools.wraps(f)\n"
        "    def wrapper(): return f() * n\n    return wrapper\n"
        f"@scaled\ndef helper(): return 1\n{A}helper()"
    ),
    "a decorator with arguments": read(
        f"{READ}def scaled(file):\n    def decorate(f):\n"
        "        n = int((HERE / file).read_text())\n        def wrapper(): return f() * n\n"
        "        return wrapper\n    return decorate\n"
        f"@scaled('data.txt')\ndef helper(): return 1\n{A}helper()"
    ),
    "an argument of a decorator": read(
        f"{READ}def scaled(n):\n    def decorate(f):\n"
        "        return lambda: f() * n\n    return decorate\n"
        "@scaled(int((HERE / 'data.txt').read_text()))\n"
        f"def helper(): return 1\n{A}helper()"
    ),
    "a decorator's helper": read(
        f"{READ}def scale(): return int((HERE / 'data.txt').read_text())\n"
        "def scaled(f):\n    n = scale()\n    return lambda: f() * n\n"
        f"@scaled\ndef helper(): return 1\n{A}helper()"
    ),
    "a decorator that is an object": read(
        f"{READ}class Scaled:\n    def __init__(self, f):\n"
        "        self.f, self.n = f, int((HERE / 'data.txt').read_text())\n"
        "    def __call__(self): return self.f() * self.n\n"
        f"@Scaled\ndef helper(): return 1\n{A}helper()"
    ),
    "a decorator of an object's method": read(
        f"{READ}class Scaled:\n    def __init__(self): self.n = 0\n    def by(self, f):\n"
        "        n = int((HERE / 'data.txt').read_text())\n        return lambda: f() * n\n"
        f"scaled = Scaled()\n@scaled.by\ndef helper(): return 1\n{A}helper()"
    ),
    "a decorator in another module": read(
        f"from scaling import scaled\n@scaled\ndef helper(): return 1\n{A}helper()",
        scaling=f"{READ}def scaled(f):\n    with open(HERE / 'data.txt') as file:\n"
        "        n = int(file.read())\n    return lambda: f() * n\n",
    ),
    "a decorator with both uses": read(
        f"{READ}def scaled(f=None, *, by=1):\n    def decorate(f):\n"
        "        n = int((HERE / 'data.txt').read_text())\n        return lambda: f() * n * by\n"
        "    return decorate if f is None else decorate(f)\n"
        f"@scaled\ndef helper(): return 1\n{A}helper()"
    ),
    "a decorator of a method": read(
        f"{READ}def scaled(f):\n    n = int((HERE / 'data.txt').read_text())\n"
        "    return lambda self: f(self) * n\n"
        f"class Model:\n    @scaled\n    def run(self): return 1\n{A}Model().run()"
    ),
    "a decorator of a class": read(
        f"{READ}def scaled(cls):\n    cls.n = int((HERE / 'data.txt').read_text())\n"
        f"    return cls\n@scaled\nclass Model: pass\n{A}Model.n"
    ),
    "a decorator that sets a default": read(
        f"{READ}def scaled(f):\n    n = int((HERE / 'data.txt').read_text())\n"
        "    def wrapper(n=n): return f() * n\n    return wrapper\n"
        f"@scaled\ndef helper(): return 1\n{A}helper()"
    ),
    "a decorator below another": read(
        f"{READ}import functools\ndef plain(f):\n    @functools.wraps(f)\n"
        "    def wrapper(): return f()\n    return wrapper\n"
        "def scaled(f):\n    n = int((HERE / 'data.txt').read_text())\n"
        "    def wrapper(): return f() * n\n    return wrapper\n"
        f"@plain\n@scaled\ndef helper(): return 1\n{A}helper()"
    ),
    "a decorator between a step and its function": read(
        f"{READ}import functools\ndef scaled(f):\n    n = int((HERE / 'data.txt').read_text())\n"
        "    @functools.wraps(f)\n    def wrapper() -> int: return f() * n\n    return wrapper\n"
        "@step\n@scaled\ndef a() -> int:\n    return 1"
    ),
    "a decorator by a call": read(
        f"{READ}def scaled(f):\n    n = int((HERE / 'data.txt').read_text())\n"
        "    return lambda: f() * n\ndef plain(): return 1\n"
        f"helper = scaled(plain)\n{A}helper()"
    ),
    "a metaclass, read": read(
        f"{READ}class Meta(type):\n    def __new__(m, n, b, d):\n"
        "        return super().__new__(m, n, b, {**d,"
        " 'n': int((HERE / 'data.txt').read_text())})\n"
        f"class Model(metaclass=Meta): pass\n{A}Model.n"
    ),
    "__init_subclass__": read(
        f"{READ}class Base:\n    def __init_subclass__(cls):\n"
        "        cls.n = int((HERE / 'data.txt').read_text())\n"
        f"class Model(Base): pass\n{A}Model.n"
    ),
    "__set_name__, read": read(
        f"{READ}class N:\n    def __set_name__(self, cls, name):\n"
        "        cls.m = int((HERE / 'data.txt').read_text())\n"
        f"class Model:\n    n = N()\n{A}Model.m"
    ),
    "an item of a global": read(
        f"{READ}X = {{}}\nX['n'] = int((HERE / 'data.txt').read_text())\n{A}X['n']"
    ),
    "an attribute of a module": read(
        f"import target, more\n{A}target.N",
        target="N = 0\n",
        more=f"{READ}import target\ntarget.N = int((HERE / 'data.txt').read_text())\n",
    ),
    "an item of another module's global": read(
        f"import target, more\n{A}target.X['n']",
        target="X = {'n': 0}\n",
        more=f"{READ}import target\ntarget.X['n'] = int((HERE / 'data.txt').read_text())\n",
    ),
    "an item of another module's global, by from": read(
        f"import target, more\n{A}target.X['n']",
        target="X = {'n': 0}\n",
        more=f"{READ}from target import X\nX.update(n=int((HERE / 'data.txt').read_text()))\n",
    ),
    "a global that another module's function sets, read": read(
        f"import target, more\n{A}target.get()",
        target="_N = 0\ndef get(): return _N\ndef start(n):\n    global _N\n    _N = n\n",
        more=f"{READ}import target\ntarget.start(int((HERE / 'data.txt').read_text()))\n",
    ),
    "a patched function": read(
        f"import target, more\n{A}target.run()",
        target="def run(): return 0\n",
        more=f"{READ}import target\nN = int((HERE / 'data.txt').read_text())\n"
        "target.run = lambda: N\n",
    ),
    "a registry": read(
        f"import registry, more\n{A}registry.KNOWN['n']",
        registry="KNOWN = {}\ndef register(name, value):\n    KNOWN[name] = value\n",
        more=f"{READ}from registry import register\n"
        "register('n', int((HERE / 'data.txt').read_text()))\n",
    ),
    "importlib.resources": read(
        "from importlib import resources\nimport lib\n"
        f"X = int(resources.files('lib').joinpath('../data.txt').read_text())\n{A}X",
        **{"lib/__init__": ""},
    ),
    "a file of a package": Change(
        "from importlib import resources\nimport lib\n"
        f"X = int(resources.files('lib').joinpath('data.txt').read_text())\n{A}X",
        ("lib/data.txt", "1", "2"),
        {"lib/__init__.py": "", "lib/data.txt": "1"},
    ),
    "pkgutil.get_data": Change(
        f"import pkgutil\nimport lib\nX = int(pkgutil.get_data('lib', 'data.txt'))\n{A}X",
        ("lib/data.txt", "1", "2"),
        {"lib/__init__.py": "", "lib/data.txt": "1"},
    ),
    "a class attribute": read(
        f"{READ}class Model:\n    n = int((HERE / 'data.txt').read_text())\n{A}Model.n"
    ),
    "an inherited class attribute": read(
        f"{READ}class Base:\n    n = int((HERE / 'data.txt').read_text())\n"
        f"class Model(Base): pass\n{A}Model.n"
    ),
    "a member of an enumeration": read(
        f"{READ}import enum\nclass Mode(enum.Enum):\n"
        f"    FAST = int((HERE / 'data.txt').read_text())\n{A}Mode.FAST.value"
    ),
    "a default": read(
        f"{READ}def run(n=int((HERE / 'data.txt').read_text())): return n\n{A}run()"
    ),
    "a default of a lambda": read(
        f"{READ}run = lambda n=int((HERE / 'data.txt').read_text()): n\n{A}run()"
    ),
    "a default of a method": read(
        f"{READ}class Model:\n    def run(self, n=int((HERE / 'data.txt').read_text())):\n"
        f"        return n\n{A}Model().run()"
    ),
    "a field's default": read(
        f"{READ}from dataclasses import dataclass\n@dataclass\nclass Model:\n"
        f"    n: int = int((HERE / 'data.txt').read_text())\n{A}Model().n"
    ),
    "an object that reads": read(
        f"{READ}class Model:\n    def __init__(self):\n"
        f"        self.n = int((HERE / 'data.txt').read_text())\nX = Model()\n{A}X.n"
    ),
    "a closure": read(
        f"{READ}def make():\n    n = int((HERE / 'data.txt').read_text())\n"
        f"    return lambda: n\nX = make()\n{A}X()"
    ),
    "a partial": read(
        f"{READ}import functools\ndef run(n): return n\n"
        f"X = functools.partial(run, int((HERE / 'data.txt').read_text()))\n{A}X()"
    ),
    "another's reader": read(
        f"{READ}import pandas as pd\nX = pd.read_csv(HERE / 'data.txt', header=None)\n"
        f"{A}int(X.iloc[0, 0])"
    ),
    "a configuration": Change(
        f"{READ}import configparser\nX = configparser.ConfigParser()\n"
        f"X.read(HERE / 'data.txt')\n{A}int(X['a']['n'])",
        ("data.txt", "n = 1", "n = 2"),
        {"data.txt": "[a]\nn = 1\n"},
    ),
    "a path that another module reads": read(
        f"import target\n{A}target.X",
        target=f"{READ}from reading import read\nX = read(HERE / 'data.txt')\n",
        reading="def read(path):\n    with path.open() as file:\n"
        "        return int(file.read())\n",
    ),
    "star import": read(
        f"from target import *\n{A}X",
        target=f"{READ}X = int((HERE / 'data.txt').read_text())\n",
    ),
    "a chain of globals": read(
        f"{READ}X = int((HERE / 'data.txt').read_text())\nY = X + 1\nZ = [Y]\n{A}Z[0]"
    ),
    "a chain through a class": read(
        f"{READ}X = int((HERE / 'data.txt').read_text())\nclass Model:\n    n = X\n{A}Model.n"
    ),
    "a chain through a default": read(
        f"{READ}X = int((HERE / 'data.txt').read_text())\ndef run(n=X): return n\n{A}run()"
    ),
    "settings of pydantic": Change(
        f"{READ}import json, pydantic\nclass S(pydantic.BaseModel):\n    n: int\n"
        f"X = S.model_validate_json((HERE / 'data.txt').read_text())\n{A}X.n",
        ("data.txt", '"n": 1', '"n": 2'),
        {"data.txt": '{"n": 1}'},
    ),
    "an imported module's file": Change(
        f"import json, sys\nfrom pathlib import Path\nimport lib\n"
        f"X = json.loads(Path(lib.__file__).with_name('data.txt').read_text())\n{A}X",
        ("data.txt", "1", "2"),
        {"data.txt": "1", "lib.py": ""},
    ),
    "an environment variable that another module sets": read(
        f"import more, os\nX = int(os.environ['FLOWC_TEST_N'])\n{A}X",
        more=f"{READ}import os\nos.environ['FLOWC_TEST_N'] = (HERE / 'data.txt').read_text()\n",
    ),
    "linecache": read(
        f"{READ}import linecache\nlinecache.clearcache()\n"
        f"X = int(linecache.getline(str(HERE / 'data.txt'), 1))\n{A}X"
    ),
    "a comprehension in a class": read(
        f"{READ}class Model:\n"
        f"    n = [int(line) for line in (HERE / 'data.txt').read_text().split()]\n{A}Model.n[0]"
    ),
}  # fmt: skip
