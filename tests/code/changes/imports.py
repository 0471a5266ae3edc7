"""Functions behind every kind of import."""

from __future__ import annotations

from tests.code.changes import A, held

IMPORTS = {
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
        wide="import lib\nfrom lib import *\n"
        "__all__ = [name for name in dir(lib) if name[0] != '_']\n",
        beside=False,
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
}  # fmt: skip
