"""What one module changes in another on import."""

from __future__ import annotations

from tests.code.changes import A, held

SET = "import target, lib\ndef setup():\n    target.N = lib.helper()\n    return True\n"
CLASS = (
    "import target, lib\nclass Setup:\n    def __init__(self):\n        target.N = lib.helper()\n"
)
BEHIND = {
    "a result": f"{SET}READY = setup()\n",
    "a condition": f"{SET}if setup():\n    READY = True\n",
    "a default": f"{SET}def use(ready=setup()): ...\n",
    "a decorator": f"{SET}def wrap(f):\n    setup()\n    return f\n@wrap\ndef f(): ...\n",
    "an object": f"{CLASS}READY = Setup()\n",
    "with": f"{CLASS}    def __enter__(self): ...\n    def __exit__(self, *_): ...\n"
    "with Setup() as READY:\n    pass\n",
    "a class's body": "import target, lib\nclass Setup:\n    target.N = lib.helper()\n",
    "setattr": "import target, lib\nREADY = setattr(target, 'N', lib.helper())\n",
    "setattr in a comprehension": "import target, lib\n"
    "READY = [setattr(target, name, lib.helper()) for name in 'N']\n",
    "vars": "import target, lib\nREADY = vars(target).update(N=lib.helper())\n",
    "an item": "import target, lib\ndef setup():\n    target.__dict__['N'] = lib.helper()\n"
    "READY = setup()\n",
    "a module that it imports": "def setup():\n    import late\nREADY = setup()\n",
}

PATCHES = {
    **{
        f"a patch behind {name}": held(
            f"import target\nimport patching\n{A}target.N",
            target="N = 0\n",
            patching=patching,
            late="import target, lib\ntarget.N = lib.helper()\n",
        )
        for name, patching in BEHIND.items()
    },
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
        f"import lib\nglobals()['X'] = lib.helper\n{A}X()", beside=False
    ),
    "globals by a loop": held(
        "import lib\nfor name in ['x', 'y']:\n    globals()[name] = lib.helper\n"
        f"{A}x() + y()", beside=False
    ),
    "globals().update": held(f"import lib\nglobals().update(X=lib.helper)\n{A}X()", beside=False),
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
}  # fmt: skip
