"""Small projects with an edit that changes what their step returns, each by another way that
code takes from the edit to the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.code.edits import Edit


class Change(NamedTuple):
    """``main`` defines a step ``a`` above its pipeline; ``beside`` changes nothing for it."""

    main: str
    edit: Edit
    files: dict[str, str]
    beside: Edit | None = None


A = "\n@step\ndef a() -> int:\n    return "

HELPER = "def helper(x=1):\n    return x\n\ndef other(x=1):\n    return x\n"
EDIT = ("lib.py", "return x\n\ndef other", "return x + 1\n\ndef other")
BESIDE = ("lib.py", "def other(x=1):\n    return x", "def other(x=1):\n    return -x")
DATA = ("data.txt", "1", "2")
BESIDE_DATA = ("other.txt", "1", "2")
TEXTS = {"data.txt": "1", "other.txt": "1"}
READ = "from pathlib import Path\nHERE = Path(__file__).parent\n"


def held(main: str, *, beside: bool = True, **files: str) -> Change:
    """By a function that somebody holds."""
    others = {f"{name}.py": text for name, text in files.items()}
    return Change(main, EDIT, {"lib.py": HELPER, **others}, BESIDE if beside else None)


def read(main: str, **files: str) -> Change:
    """By a file that is read."""
    others = {f"{name}.py": text for name, text in files.items()}
    return Change(main, DATA, TEXTS | others, BESIDE_DATA)


HELD = {
    "partial": held(
        f"import functools\nfrom lib import helper\nX = functools.partial(helper, 3)\n{A}X()"
    ),
    "a dict": held(f"from lib import helper\nX = {{'a': helper}}\n{A}X['a']()"),
    "an object of another's": held(
        "from sklearn.preprocessing import FunctionTransformer\nfrom lib import helper\n"
        f"X = FunctionTransformer(func=helper)\n{A}X.transform(1)"
    ),
    "a field": held(
        "from dataclasses import dataclass\nfrom typing import Any\nfrom lib import helper\n"
        f"@dataclass\nclass Held:\n    f: Any\nX = Held(helper)\n{A}X.f()"
    ),
    "a field's default": held(
        "from dataclasses import dataclass, field\nfrom lib import helper\n@dataclass\n"
        f"class Held:\n    n: int = field(default_factory=helper)\n{A}Held().n"
    ),
    "an attribute that is set": held(
        f"import lib\nclass Held: pass\nX = Held()\nX.f = lib.helper\n{A}X.f()"
    ),
    "a registry in another module": held(
        f"import registry, filling\n{A}registry.KNOWN['helper']()",
        registry="KNOWN = {}\ndef register(f):\n    KNOWN[f.__name__] = f\n    return f\n",
        filling="from registry import register\nimport lib\n@register\ndef helper(x=1):\n"
        "    return lib.helper()\n",
    ),
    "a registry that is filled by calls": held(
        f"import registry, filling\n{A}registry.KNOWN['helper']()",
        registry="KNOWN = {}\ndef add(f):\n    KNOWN[f.__name__] = f\n",
        filling="import registry\nfrom lib import helper\nregistry.add(helper)\n",
    ),
    "a registry that is an object": held(
        f"import registry, filling\n{A}registry.KNOWN.all['helper']()",
        registry="class Known:\n    def __init__(self): self.all = {}\n"
        "    def __call__(self, name):\n"
        "        def keep(f):\n            self.all[name] = f\n            return f\n"
        "        return keep\nKNOWN = Known()\n",
        filling="from registry import KNOWN\nimport lib\n@KNOWN('helper')\n"
        "def known():\n    return lib.helper()\n",
    ),
    "a registry filled by a decorator under another name": held(
        f"import registry, filling\n{A}registry.KNOWN[0]()",
        registry="KNOWN = []\ndef _add(f):\n    KNOWN.append(f)\n    return f\n"
        "class Api:\n    plugin = staticmethod(_add)\napi = Api()\n",
        filling="from registry import api\nimport lib\n@api.plugin\n"
        "def known():\n    return lib.helper()\n",
    ),
    "a default of an argument": held(
        f"from lib import helper\ndef call(f=helper): return f()\n{A}call()"
    ),
    "a chain of partials and dicts": held(
        "import functools, operator\nfrom lib import helper\n"
        f"X = dict(a=[functools.partial(helper, 2)])\nY = X['a']\n{A}Y[0]()"
    ),
    "a lambda": held(f"import lib\nX = lambda: lib.helper()\n{A}X()"),
    "a class attribute": held(
        f"import lib\nclass Held:\n    f = staticmethod(lib.helper)\n{A}Held.f()"
    ),
    "a patch": held(
        f"import lib, math\nimport patching\n{A}math.floor(1)",
        patching="import math, lib\nmath.floor = lib.helper\n",
    ),
    "a patch by setattr": held(
        f"import lib\nimport patching\n{A}lib.other(1)",
        patching="import lib\nsetattr(lib, 'other', lambda x: lib.helper(x) * 2)\n",
        beside=False,
    ),
    "a patch in a loop": held(
        f"import target\nimport patching\n{A}target.run()",
        target="def run(): return 0\n",
        patching="import target, lib\nfor name in ['run']:\n"
        "    setattr(target, name, lib.helper)\n",
    ),
    "a patched class": held(
        f"import target\nimport patching\n{A}target.Model().run()",
        target="class Model:\n    def run(self): return 0\n",
        patching="import target, lib\ntarget.Model.run = lambda self: lib.helper()\n",
    ),
    "a global that another module changes": held(
        f"import target\nimport patching\n{A}target.SETTINGS['n']",
        target="SETTINGS = {'n': 0}\n",
        patching="import target, lib\ntarget.SETTINGS.update(n=lib.helper())\n",
    ),
    "a global that another module changes by del": held(
        f"import target\nimport patching\n{A}len(target.SETTINGS)",
        target="SETTINGS = [1, 2, 3]\n",
        patching="import target, lib\ndel target.SETTINGS[: lib.helper()]\n",
    ),
    "a global that another module adds to": held(
        f"import target\nimport patching\n{A}len(target.SETTINGS)",
        target="SETTINGS = [1, 2, 3]\n",
        patching="from target import SETTINGS\nimport lib\nSETTINGS += [0] * lib.helper()\n",
    ),
    "a global that another module changes while it computes": held(
        f"import target\nimport patching\n{A}len(target.SETTINGS)",
        target="SETTINGS = [1, 2, 3]\ndef add(n):\n    SETTINGS.append(n)\n    return n\n",
        patching="import target, lib\nADDED = [target.add(n) for n in range(lib.helper())]\n",
    ),
    "a global that another module changes by a walrus": held(
        f"import target\nimport patching\n{A}len(target.SETTINGS)",
        target="SETTINGS = []\n",
        patching="import target, lib\nif (n := target.SETTINGS.extend([0] * lib.helper())):\n"
        "    pass\n",
    ),
    "a class decorator": held(
        "import lib\ndef counted(cls):\n    cls.run = lambda self: lib.helper()\n    return cls\n"
        f"@counted\nclass Model: pass\n{A}Model().run()"
    ),
    "a metaclass": held(
        "import lib\nclass Meta(type):\n    def __new__(m, n, b, d):\n"
        "        return super().__new__(m, n, b, {**d, 'run': lambda self: lib.helper()})\n"
        f"class Model(metaclass=Meta): pass\n{A}Model().run()"
    ),
    "a metaclass of another module": held(
        f"from meta import Model\n{A}Model.n",
        meta="import lib\nclass Meta(type):\n    @property\n    def n(cls):\n"
        "        return lib.helper()\nclass Model(metaclass=Meta): pass\n",
    ),
    "a property": held(
        "import lib\nclass Model:\n    @property\n    def n(self): return lib.helper()\n"
        f"{A}Model().n"
    ),
    "a property that is made": held(
        f"import lib\nclass Model:\n    n = property(lambda self: lib.helper())\n{A}Model().n"
    ),
    "a cached property": held(
        "import functools, lib\nclass Model:\n    @functools.cached_property\n"
        f"    def n(self): return lib.helper()\n{A}Model().n"
    ),
    "a descriptor": held(
        "import lib\nclass N:\n    def __get__(self, o, k): return lib.helper()\n"
        f"class Model:\n    n = N()\n{A}Model().n"
    ),
    "__getattr__ of a module": held(
        f"import made\n{A}made.anything",
        made="import lib\ndef __getattr__(name):\n    return lib.helper()\n",
    ),
    "__getattr__ of a package": held(
        f"import made.below\nimport made\n{A}made.anything",
        **{  # type: ignore[arg-type]
            "made/__init__": "import lib\ndef __getattr__(name):\n    return lib.helper()\n",
            "made/below": "",
        },
    ),
    "__getattr__ by from": held(
        f"from made import anything\n{A}anything",
        made="import lib\ndef __getattr__(name):\n    return lib.helper()\n",
    ),
    "__getattr__ behind a star": held(
        f"from made import *\n{A}anything",
        made="import lib\n__all__ = ['anything']\ndef __getattr__(name):\n"
        "    return lib.helper()\n",
    ),
    "an import inside": held(
        "\n@step\ndef a() -> int:\n    import lib as short\n    return short.helper()"
    ),
    "an import inside, from": held(
        "\n@step\ndef a() -> int:\n    from lib import helper as other\n    return other()"
    ),
    "an import inside a class": held(
        f"class Held:\n    from lib import helper\n{A}Held.helper()", beside=False
    ),
    "an import under try inside": held(
        "\n@step\ndef a() -> int:\n    try:\n        import nowhere as m\n"
        "    except ImportError:\n        import lib as m\n    return m.helper()"
    ),
    "a star with __all__ that is computed": held(
        f"from wide import *\n{A}helper()",
        wide="import lib\nfrom lib import *\n__all__ = [*dir(lib)]\n",
    ),
    "a star of a star": held(
        f"from wide import *\n{A}helper()", wide="from wider import *\n",
        wider="from lib import *\n",
    ),
    "a star that hides another": held(
        f"from first import *\nfrom lib import *\n{A}helper()",
        first="def helper(x=1):\n    return 0\n",
    ),
    "a star after a definition": held(
        f"def helper(): return 0\nfrom lib import *\n{A}helper()"
    ),
    "an import by version": held(
        "import sys\nif sys.version_info >= (3, 8):\n    from lib import helper\nelse:\n"
        f"    from lib import other as helper\n{A}helper()",
        beside=False,
    ),
    "an import by version of another's": held(
        "import numpy\nif numpy.__version__ > '0':\n    from lib import helper as run\nelse:\n"
        f"    def run(): return 0\n{A}run()"
    ),
    "single dispatch in another module": held(
        f"from dispatching import size\nimport more\n{A}size(1)",
        dispatching="import functools\n@functools.singledispatch\ndef size(x): return 0\n",
        more="import lib\nfrom dispatching import size\n@size.register\n"
        "def _(x: int): return lib.helper()\n",
    ),
    "single dispatch by a call": held(
        f"from dispatching import size\nimport more\n{A}size(1)",
        dispatching="import functools\n@functools.singledispatch\ndef size(x): return 0\n",
        more="import lib\nfrom dispatching import size\nsize.register(int, lib.helper)\n",
    ),
    "single dispatch of a method": held(
        "import functools, lib\nclass Model:\n    @functools.singledispatchmethod\n"
        "    def size(self, x): return 0\n    @size.register\n"
        f"    def _(self, x: int): return lib.helper()\n{A}Model().size(1)"
    ),
    "an abc registration": held(
        f"from abstract import Sized\nimport more\n{A}int(isinstance(1, Sized))",
        abstract="import abc\nclass Sized(abc.ABC): pass\n",
        more="import lib\nfrom abstract import Sized\n"
        "Sized.register(int if lib.helper() > 1 else str)\n",
    ),
    "__subclasshook__": held(
        "import abc, lib\nclass Sized(abc.ABC):\n    @classmethod\n"
        f"    def __subclasshook__(cls, c): return lib.helper() > 1\n{A}int(isinstance(1, Sized))"
    ),
    "members of an enumeration": held(
        f"import enum, lib\nclass Mode(enum.Enum):\n    FAST = lib.helper()\n{A}Mode.FAST.value"
    ),
    "a method of members": held(
        "import enum, lib\nclass Mode(enum.Enum):\n    FAST = 1\n"
        f"    def run(self): return lib.helper()\n{A}Mode(1).run()"
    ),
    "a generic": held(
        "from typing import Generic, TypeVar\nimport lib\nT = TypeVar('T')\n"
        "class Box(Generic[T]):\n    def run(self): return lib.helper()\n"
        f"class Ints(Box[int]): pass\n{A}Ints().run()"
    ),
    "a generic's argument": held(
        "from typing import Generic, TypeVar, get_args\nimport lib\nT = TypeVar('T')\n"
        "class Item:\n    def run(self): return lib.helper()\n"
        "class Box(Generic[T]): pass\nclass Items(Box[Item]): pass\n"
        f"{A}get_args(Items.__orig_bases__[0])[0]().run()"
    ),
    "getattr with a name": held(f"import lib\n{A}getattr(lib, 'hel' + 'per')()", beside=False),
    "getattr on a class": held(
        "import lib\nclass Held:\n    def run(self): return lib.helper()\n"
        f"{A}getattr(Held(), 'r' + 'un')()"
    ),
    "attrgetter": held(
        f"import operator, lib\n{A}operator.attrgetter('helper')(lib)()", beside=False
    ),
    "a module in a table": held(
        f"import lib\nX = {{'lib': lib}}\n{A}X['lib'].helper()", beside=False
    ),
    "a module by vars": held(f"import lib\n{A}vars(lib)['helper']()", beside=False),
    "a module by __dict__": held(f"import lib\n{A}lib.__dict__['helper']()", beside=False),
    "importlib by name": held(
        f"import importlib\nimport lib\n{A}importlib.import_module('lib').helper()", beside=False
    ),
    "importlib under another name": held(
        f"from importlib import import_module as load\nimport lib\n{A}load('lib').helper()",
        beside=False,
    ),
    "importlib by a helper": held(
        "import importlib\nimport lib\ndef load(path):\n    m, _, n = path.partition(':')\n"
        f"    return getattr(importlib.import_module(m), n)\n{A}load('lib:helper')()",
        beside=False,
    ),
    "pkgutil.resolve_name": held(
        f"import pkgutil\nimport lib\n{A}pkgutil.resolve_name('lib:helper')()", beside=False
    ),
    "sys.modules": held(
        f"import sys\nimport lib\n{A}sys.modules['lib'].helper()", beside=False
    ),
    "locals of a module": held(
        f"from lib import helper\nX = locals()\n{A}X['helper']()", beside=False
    ),
    "__builtins__": held(
        f"import lib\nimport builtins\nimport patching\n{A}builtins.twice(1)",
        patching="import builtins, lib\nbuiltins.twice = lib.helper\n",
    ),
    "__import__": held(f"import lib\n{A}__import__('lib').helper()", beside=False),
    "pickled by name": held(
        f"import pickle\nimport lib\nX = pickle.dumps(lib.helper)\n{A}pickle.loads(X)()"
    ),
    "pickle with a written name": held(
        f"import pickle\nimport lib\n{A}pickle.loads(b'clib\\nhelper\\n.')()", beside=False
    ),
    "frames": held(
        "import inspect, lib\ndef caller(): return inspect.currentframe().f_back.f_globals\n"
        f"{A}caller()['lib'].helper()",
        beside=False,
    ),
    "a function's globals": held(
        f"import lib\ndef f(): pass\n{A}f.__globals__['lib'].helper()", beside=False
    ),
    "a module of a function": held(
        f"import sys, lib\n{A}sys.modules[lib.other.__module__].helper()", beside=False
    ),
    "typing only": held(
        "from typing import TYPE_CHECKING, get_type_hints\nimport lib\nif TYPE_CHECKING:\n"
        f"    from nowhere import X\n{A}lib.helper()"
    ),
    "__init_subclass__ of another module": held(
        f"import base, more\n{A}base.Base.known[0]().run()",
        base="class Base:\n    known = []\n    def __init_subclass__(cls):\n"
        "        Base.known.append(cls)\n",
        more="import base, lib\nclass More(base.Base):\n"
        "    def run(self): return lib.helper()\n",
    ),
    "__init_subclass__ by way of a mixin": held(
        f"import base, more\n{A}base.KNOWN[-1]().run()",
        base="KNOWN = []\nclass Keeping:\n    def __init_subclass__(cls, **kw):\n"
        "        KNOWN.append(cls)\nclass Base(Keeping):\n    pass\n",
        more="import base, lib\nclass More(base.Base):\n"
        "    def run(self): return lib.helper()\n",
    ),
    "a metaclass that keeps": held(
        f"import base, more\n{A}base.KNOWN[-1]().run()",
        base="KNOWN = []\nclass Meta(type):\n    def __init__(cls, *a):\n"
        "        KNOWN.append(cls)\nclass Base(metaclass=Meta):\n    pass\n",
        more="import base, lib\nclass More(base.Base):\n"
        "    def run(self): return lib.helper()\n",
    ),
    "a metaclass of a metaclass that keeps": held(
        f"import base, more\n{A}base.KNOWN[-1]().run()",
        base="import abc\nKNOWN = []\nclass Meta(abc.ABCMeta):\n    def __init__(cls, *a):\n"
        "        KNOWN.append(cls)\nclass Base(metaclass=Meta):\n    pass\n",
        more="import base, lib\nclass More(base.Base):\n"
        "    def run(self): return lib.helper()\n",
    ),
    "__set_name__": held(
        f"import base, more\n{A}base.KNOWN[-1]().run()",
        base="KNOWN = []\nclass Keep:\n    def __set_name__(self, cls, name):\n"
        "        KNOWN.append(cls)\n",
        more="import base, lib\nclass More:\n    keep = base.Keep()\n"
        "    def run(self): return lib.helper()\n",
    ),
    "subclasses": held(
        f"import base, more\n{A}base.Base.__subclasses__()[0]().run()",
        base="class Base: pass\n",
        more="import base, lib\nclass More(base.Base):\n"
        "    def run(self): return lib.helper()\n",
    ),
    "subclasses in another module": held(
        f"import base, more\n{A}base.all_known()[0]().run()",
        base="class Base: pass\ndef all_known(): return Base.__subclasses__()\n",
        more="import base, lib\nclass More(base.Base):\n"
        "    def run(self): return lib.helper()\n",
    ),
    "a method decorator that keeps": held(
        f"import base, more\n{A}base.KNOWN[-1](None)",
        base="KNOWN = []\ndef keep(f):\n    KNOWN.append(f)\n    return f\n",
        more="import base, lib\nclass More:\n    @base.keep\n"
        "    def run(self): return lib.helper()\n",
    ),
    "a call in a class's body": held(
        f"import base, more\n{A}base.KNOWN[-1]()",
        base="KNOWN = []\ndef keep(f):\n    KNOWN.append(f)\n    return f\n",
        more="import base, lib\nclass More:\n    run = base.keep(lib.helper)\n",
    ),
    "a default that keeps": held(
        f"import base, more\n{A}base.KNOWN[-1]()",
        base="KNOWN = []\ndef keep(f):\n    KNOWN.append(f)\n    return f\n",
        more="import base, lib\ndef run(f=base.keep(lib.helper)): return f\n",
    ),
    "an annotation that keeps": held(
        f"import base, more\n{A}base.KNOWN[-1]()",
        base="KNOWN = []\ndef keep(f):\n    KNOWN.append(f)\n    return int\n",
        more="import base, lib\ndef run(f: base.keep(lib.helper)): return f\n",
    ),
    "a constant that files itself away": held(
        f"import base, more\n{A}base.KNOWN[-1]()",
        base="KNOWN = []\nclass Task:\n    def __init__(self, f):\n        KNOWN.append(f)\n",
        more="import base, lib\nTASK = base.Task(lib.helper)\n",
    ),
    "an assert that files away": held(
        f"import base, more\n{A}base.KNOWN[-1]()",
        base="KNOWN = []\ndef keep(f):\n    KNOWN.append(f)\n    return f\n",
        more="import base, lib\nassert base.keep(lib.helper)\n",
    ),
    "with": held(
        f"import base, more\n{A}base.KNOWN[-1]()",
        base="import contextlib\nKNOWN = []\n@contextlib.contextmanager\ndef keep(f):\n"
        "    KNOWN.append(f)\n    yield\n",
        more="import base, lib\nwith base.keep(lib.helper) as done:\n    X = 1\n",
    ),
    "a loop's iterable": held(
        f"import base, more\n{A}base.KNOWN[-1]()",
        base="KNOWN = []\ndef keep(f):\n    KNOWN.append(f)\n    return [f]\n",
        more="import base, lib\nfor X in base.keep(lib.helper):\n    pass\n",
    ),
    "a condition's test": held(
        f"import base, more\n{A}base.KNOWN[-1]()",
        base="KNOWN = []\ndef keep(f):\n    KNOWN.append(f)\n    return f\n",
        more="import base, lib\nif base.keep(lib.helper):\n    X = 1\n",
    ),
    "atexit-like hooks of another's": held(
        f"import json, more\n{A}json.JSONEncoder.default(None, 1)",
        more="import json, lib\njson.JSONEncoder.default = lambda self, o: lib.helper()\n",
    ),
    "copyreg": held(
        f"import copy, more\n{A}copy.copy(more.Model()).n",
        more="import copyreg, lib\nclass Model: n = 0\ndef make():\n    m = Model()\n"
        "    m.n = lib.helper()\n    return m\n"
        "copyreg.pickle(Model, lambda m: (make, ()))\n",
    ),
    "a validator": held(
        "from typing import Annotated\nimport pydantic, lib\nclass Model(pydantic.BaseModel):\n"
        "    n: int\n    @pydantic.field_validator('n')\n    @classmethod\n"
        f"    def check(cls, n): return lib.helper(n)\n{A}Model(n=1).n"
    ),
    "a validator in an annotation": held(
        "from typing import Annotated\nimport pydantic, lib\nclass Model(pydantic.BaseModel):\n"
        f"    n: Annotated[int, pydantic.AfterValidator(lib.helper)]\n{A}Model(n=1).n"
    ),
    "a validator in an alias": held(
        "from typing import Annotated\nimport pydantic, types_\n"
        f"class Model(pydantic.BaseModel):\n    n: types_.Number\n{A}Model(n=1).n",
        types_="from typing import Annotated\nimport pydantic, lib\n"
        "Number = Annotated[int, pydantic.AfterValidator(lib.helper)]\n",
    ),
    "a validator in an alias, as text": held(
        "from __future__ import annotations\nimport pydantic\nfrom types_ import Number\n"
        f"class Model(pydantic.BaseModel):\n    n: Number\n{A}Model(n=1).n",
        types_="from typing import Annotated\nimport pydantic, lib\n"
        "Number = Annotated[int, pydantic.AfterValidator(lib.helper)]\n",
    ),
    "a slot of a class kept elsewhere": held(
        f"import kept\n{A}kept.KEPT.models[0].run()",
        kept="import lib\nclass Model:\n    def run(self): return lib.helper()\n"
        "class Kept:\n    models = [Model()]\nKEPT = Kept\n",
    ),
    "a function's attribute": held(
        f"import lib\ndef run(): return run.f()\nrun.f = lib.helper\n{A}run()"
    ),
    "a generator function": held(
        f"import lib\ndef run():\n    yield from [lib.helper()]\n{A}next(run())"
    ),
    "a coroutine": held(
        f"import asyncio, lib\nasync def run(): return lib.helper()\n{A}asyncio.run(run())"
    ),
    "an operator": held(
        "import lib\nclass N:\n    def __add__(self, o): return lib.helper()\n"
        f"X = N()\n{A}X + 1"
    ),
    "a context manager": held(
        "import lib\nclass N:\n    def __enter__(self): return lib.helper()\n"
        "    def __exit__(self, *a): pass\n"
        "\n@step\ndef a() -> int:\n    with N() as n:\n        return n"
    ),
    "del of a hiding name": held(
        f"from lib import helper\nabs = helper\n{A}abs(1)"
    ),
    "a global that a function sets": held(
        "import lib\nN = 0\ndef start():\n    global N\n    N = lib.helper()\nstart()\n"
        f"{A}N"
    ),
    "a global that another module's function sets": held(
        f"import target, more\n{A}target.N",
        target="N = 0\ndef start(n):\n    global N\n    N = n\n",
        more="import target, lib\ntarget.start(lib.helper())\n",
    ),
    "a global that a constant's call sets": held(
        f"import target, more\n{A}target.N",
        target="N = 0\ndef start(n):\n    global N\n    N = n\n    return n\n",
        more="import target, lib\nSTARTED = target.start(lib.helper())\n",
    ),
    "a global set by globals()": held(
        f"import lib\nglobals()['X'] = lib.helper\n{A}X()"
    ),
    "globals by a loop": held(
        "import lib\nfor name in ['x', 'y']:\n    globals()[name] = lib.helper\n"
        f"{A}x() + y()"
    ),
    "globals().update": held(f"import lib\nglobals().update(X=lib.helper)\n{A}X()"),
    "exec on import": held(f"import lib\nexec('X = lib.helper()')\n{A}X", beside=False),
    "a package's attribute that a submodule sets": held(
        f"import pack\nimport pack.below\n{A}pack.N",
        **{  # type: ignore[arg-type]
            "pack/__init__": "N = 0\n",
            "pack/below": "import pack, lib\npack.N = lib.helper()\n",
        },
    ),
    "a submodule that hides an attribute": held(
        f"import pack\nimport pack.below\n{A}pack.below.run()",
        **{  # type: ignore[arg-type]
            "pack/__init__": "class below:\n    def run(): return 0\n",
            "pack/below": "import lib\ndef run(): return lib.helper()\n",
        },
    ),
    "a reload": held(
        f"import lib, importlib\nimportlib.reload(lib)\n{A}lib.helper()", beside=False
    ),
    "weak references": held(
        f"import weakref, lib\nX = weakref.ref(lib.helper)\n{A}X()()"
    ),
    "threads": held(
        "import threading, lib\nFOUND = []\nX = threading.Thread(\n"
        "    target=lambda: FOUND.append(lib.helper()))\nX.start()\nX.join()\n"
        f"{A}FOUND[0]"
    ),
    "a cache": held(
        f"import functools, lib\n@functools.lru_cache\ndef run(): return lib.helper()\n{A}run()"
    ),
    "methodcaller": held(
        "import operator, lib\nclass N:\n    def run(self): return lib.helper()\n"
        f"X = operator.methodcaller('run')\n{A}X(N())"
    ),
    "a named tuple with methods": held(
        "from typing import NamedTuple\nimport lib\nclass N(NamedTuple):\n    n: int = 1\n"
        f"    def run(self): return lib.helper()\n{A}N().run()"
    ),
    "a class made by type": held(
        f"import lib\nN = type('N', (), {{'run': lambda self: lib.helper()}})\n{A}N().run()"
    ),
    "a base class that is computed": held(
        "import lib\ndef base():\n    class B:\n        def run(self): return lib.helper()\n"
        f"    return B\nclass N(base()): pass\n{A}N().run()"
    ),
    "match": held(
        "import lib\nclass N:\n    __match_args__ = ('n',)\n    @property\n"
        "    def n(self): return lib.helper()\n"
        "\n@step\ndef a() -> int:\n    match N():\n        case N(n):\n            return n"
    ),
}  # fmt: skip

READS = {
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
    "fileinput": read(
        f"{READ}import linecache\nX = int(linecache.getline(str(HERE / 'data.txt'), 1))\n{A}X"
    ),
    "a path that another module reads": read(
        f"import target\n{A}target.X",
        target=f"{READ}from reading import read\nX = read(HERE / 'data.txt')\n",
        reading="def read(path): return int(path.open().read())\n",
    ),
    "a lazily made object": read(
        f"{READ}import functools\n@functools.cache\ndef load(): return 0\n"
        f"class Model:\n    n = [int(line) for line in open(HERE / 'data.txt')]\n{A}Model.n[0]"
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
}  # fmt: skip

OPEN = {
    "a global that another module changes by a walrus", "__getattr__ of a module",
    "__getattr__ of a package", "__getattr__ by from", "__getattr__ behind a star",
    "a star with __all__ that is computed", "a star after a definition",
    "pickle with a written name", "frames", "a function's globals",
    "a metaclass of a metaclass that keeps", "__set_name__", "subclasses",
    "subclasses in another module", "a call in a class's body", "a default that keeps",
    "an annotation that keeps", "an assert that files away", "with", "a loop's iterable",
    "a condition's test", "a validator in an alias, as text", "a global set by globals()",
    "globals by a loop", "globals().update", "a global that another module adds to",
    "an argument of a decorator", "an attribute of a module",
    "an item of another module's global", "an item of another module's global, by from",
    "a global that another module's function sets, read", "a metaclass, read", "a registry",
    "__init_subclass__", "a path that another module reads", "a lazily made object", "fileinput",
}  # fmt: skip
"""Where the key does not follow yet, or misses beside the edit too."""
