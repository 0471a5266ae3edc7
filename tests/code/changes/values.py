"""Functions that values hold, and registries that are filled on import."""

from __future__ import annotations

from tests.code.changes import A, held

VALUES = {
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
}  # fmt: skip
