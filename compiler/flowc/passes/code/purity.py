"""What is computed on import from nothing but the code, and what also from the world outside.

The source of a pure computation says everything about its result. What is not known to be pure
(`time.time()`, `os.environ`, a file, another's function) enters by its value.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flowc.passes.code.graph import BODY, NAME, Found, Graph, within
from flowc.passes.code.outline import BLOCK, CONSTANT
from flowc.passes.code.references import UNKNOWN

if TYPE_CHECKING:
    from flowc.passes.code.graph import Node
    from flowc.passes.code.references import Facts

PURE_BUILTINS = {
    "abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr",
    "classmethod", "complex", "delattr", "dict", "divmod", "enumerate", "filter", "float",
    "format", "frozenset", "getattr", "hasattr", "hex", "int", "isinstance", "issubclass", "iter",
    "len", "list", "map", "max", "memoryview", "min", "next", "object", "oct", "ord", "pow",
    "print", "property", "range", "repr", "reversed", "round", "set", "setattr", "slice",
    "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "zip",
}  # fmt: skip
"""Builtins whose results their arguments decide; exceptions' classes are pure as well."""

PURE_MODULES = {
    "__future__", "abc", "argparse", "array", "ast", "asyncio", "base64", "binascii", "bisect",
    "calendar", "cmath", "collections", "colorsys", "contextlib", "contextvars", "copy", "copyreg",
    "csv", "dataclasses", "datetime", "decimal", "difflib", "enum", "errno", "fnmatch",
    "fractions", "functools", "graphlib", "hashlib", "heapq", "hmac", "html", "inspect", "io",
    "ipaddress", "itertools", "json", "keyword", "logging", "math", "numbers", "operator", "os",
    "os.path", "pathlib", "pprint", "queue", "re", "shlex", "signal", "stat", "statistics",
    "string", "struct", "textwrap", "threading", "token", "tokenize", "traceback", "types",
    "typing", "unicodedata", "urllib.parse", "uuid", "warnings", "weakref", "zlib", "zoneinfo",
    "attr", "attrs", "numpy", "pydantic", "typing_extensions",
}  # fmt: skip
"""Modules that compute from their arguments, but for IMPURE and for TELLING attributes."""

PURE_OTHERS = {
    "sys.byteorder", "sys.exc_info", "sys.float_info", "sys.getsizeof", "sys.intern",
    "sys.maxsize", "sys.maxunicode", "sys.platform", "sys.version", "sys.version_info",
    "pandas.DataFrame", "pandas.Index", "pandas.NA", "pandas.NaT", "pandas.Series",
    "pandas.Timedelta", "time.sleep", "time.struct_time", "torch.device", "torch.dtype",
}  # fmt: skip
"""The platform counts like the engine and the host: not. Python's version is in the key anyway."""

IMPURE = {
    "hashlib.file_digest", "io.open", "io.FileIO", "numpy.fromfile", "numpy.genfromtxt",
    "numpy.load", "numpy.loadtxt", "numpy.memmap", "numpy.random", "os.cpu_count", "os.environ",
    "os.getcwd", "os.getenv", "os.getlogin", "os.getpid", "os.popen", "os.system", "os.uname",
    "os.urandom", "sys.argv", "sys.path", "sys.stdin", "threading.get_ident", "uuid.getnode",
    "uuid.uuid1", "uuid.uuid4",
}  # fmt: skip

IMPURE_ATTRIBUTES = {
    "cwd", "environ", "exists", "expandvars", "getenv", "getmtime", "getpass", "getsize",
    "getuser", "glob", "home", "is_dir", "is_file", "isdir", "isfile", "iterdir", "listdir",
    "now", "open", "perf_counter", "read", "read_bytes", "read_text", "readline", "readlines",
    "recv", "rglob", "scandir", "stat", "today", "utcnow", "walk",
}  # fmt: skip
"""Methods that look at the world, whatever they are called on."""

FOLLOWED = frozenset({NAME, BODY})


def is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def computed_by(graph: Graph, module: str, index: int) -> str:
    """What makes the statement's values on import so that its source does not tell them.

    Empty for most statements. Declarations of others' libraries in a class's body and in defaults
    (``Field(…)``, ``Column(…)``) count as what they are written as.
    """
    facts = graph.source(module).facts(index)
    kind = graph.source(module).outline.statements[index].kind
    strict = kind in {CONSTANT, BLOCK}
    reason = _looked_at(graph, module, facts)
    if reason:
        return reason
    for chain in facts.called:
        reason = _called(graph, module, chain, strict=strict)
        if reason:
            return reason
    return ""


def _looked_at(graph: Graph, module: str, facts: Facts) -> str:
    """Attributes that are read on import: ``os.environ``, ``Path.home``."""
    for attribute in facts.attributes:
        if attribute.endswith("!") and attribute[:-1] in IMPURE_ATTRIBUTES:
            return attribute[:-1]
    for chain in facts.eager:
        for name in sorted(graph.resolve(module, chain).external):
            if within(name, IMPURE):
                return name
    return ""


def _called(graph: Graph, module: str, chain: str, *, strict: bool) -> str:
    if chain == UNKNOWN:
        return "a call" if strict else ""
    found = graph.resolve(module, chain)
    impure = sorted(name for name in found.external if _is_impure(name, strict=strict))
    if impure:
        return impure[0].removeprefix("builtins.")
    reason = _closure_reason(graph, found, strict=strict)
    return f"{chain}, which uses {reason}" if reason else ""


def _closure_reason(graph: Graph, found: Found, *, strict: bool) -> str:
    """What a called function of the author's looks at, wherever in its closure."""
    for node in sorted(graph.reach(found.nodes, through=FOLLOWED)):
        if node[0] == BODY:
            reason = _looks_at(graph, node, strict=strict)
            if reason:
                return reason
    return ""


def _looks_at(graph: Graph, node: Node, *, strict: bool) -> str:
    facts = graph.source(node[1]).facts(int(node[2]))
    telling = sorted(name for name in IMPURE_ATTRIBUTES if facts.tells(name))
    if telling:
        return telling[0]
    for name in sorted(graph.edges(node).external):
        if _is_impure(name, strict=strict):
            return name.removeprefix("builtins.")
    return ""


def _is_impure(name: str, *, strict: bool) -> bool:
    if name.startswith("builtins."):
        return _is_impure_builtin(name.removeprefix("builtins.").partition(".")[0])
    if name.partition(".")[0] == "flowc":
        return False
    if within(name, IMPURE) or (name.rpartition(".")[2] in IMPURE_ATTRIBUTES):
        return True
    if not strict and not is_standard(name):
        return False
    return not (within(name, PURE_MODULES) or within(name, PURE_OTHERS))


def _is_impure_builtin(name: str) -> bool:
    import builtins

    known = getattr(builtins, name, None)
    is_exception = isinstance(known, type) and issubclass(known, BaseException)
    return known is not None and name not in PURE_BUILTINS and not is_exception
