"""Definitions and statements on import that somebody else keeps."""

from __future__ import annotations

from tests.code.changes import A, held

KEEPERS = {
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
        beside=False,
    ),
    "subclasses in another module": held(
        f"import base, more\n{A}base.all_known()[0]().run()",
        base="class Base: pass\ndef all_known(): return Base.__subclasses__()\n",
        more="import base, lib\nclass More(base.Base):\n"
        "    def run(self): return lib.helper()\n",
        beside=False,
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
}  # fmt: skip
