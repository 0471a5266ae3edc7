"""Functions that are found by a name, in a namespace or by a frame."""

from __future__ import annotations

from tests.code.changes import A, held

NAMES = {
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
        f"import pickle\nimport lib\nX = pickle.dumps(lib.helper)\n{A}pickle.loads(X)()",
        beside=False,
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
    "a reload": held(
        f"import lib, importlib\nimportlib.reload(lib)\n{A}lib.helper()", beside=False
    ),
}  # fmt: skip
