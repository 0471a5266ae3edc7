"""Functions that classes and their surroundings lead to."""

from __future__ import annotations

from tests.code.changes import A, held

CLASSES = {
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
        "import pydantic\nfrom types_ import Number\n"
        f"class Model(pydantic.BaseModel):\n    n: 'Number'\n{A}Model(n=1).n",
        types_="from typing import Annotated\nimport pydantic, lib\n"
        "Number = Annotated[int, pydantic.AfterValidator(lib.helper)]\n",
    ),
    "a slot of a class kept elsewhere": held(
        f"import kept\n{A}kept.KEPT.models[0].run()",
        kept="import lib\nclass Model:\n    def run(self): return lib.helper()\n"
        "class Kept:\n    models = [Model()]\nKEPT = Kept\n",
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
