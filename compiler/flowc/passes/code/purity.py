"""What is computed on import from nothing but the code, and what also from the world outside.

The source of a pure computation says everything about its result. What is not known to be pure
(`time.time()`, `os.environ`, a file, another's function) enters by its value.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flowc.passes.code.chains import UNKNOWN
from flowc.passes.code.graph import Graph, within
from flowc.passes.code.names import BODY, CHANGED, FOLLOWED, NAME
from flowc.passes.code.outline import CLASS, FUNCTION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from flowc.passes.code.names import Found, Node
    from flowc.passes.code.references import Facts

PURE_BUILTINS = {
    "abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr",
    "classmethod", "complex", "delattr", "dict", "divmod", "enumerate", "filter", "float",
    "format", "frozenset", "getattr", "hasattr", "hex", "int", "isinstance", "issubclass",
    "iter", "len", "list", "map", "max", "memoryview", "min", "next", "object", "oct", "ord",
    "pow", "print", "property", "range", "repr", "reversed", "round", "set", "setattr",
    "slice", "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "zip",
}  # fmt: skip
"""Builtins whose results their arguments decide; exceptions' classes are pure as well."""

CALLS_ITS_ARGUMENTS = {
    "builtins.filter", "builtins.iter", "builtins.map", "builtins.max", "builtins.min",
    "builtins.sorted", "concurrent.futures.ThreadPoolExecutor", "functools.reduce",
    "itertools.accumulate", "itertools.filterfalse", "itertools.groupby", "itertools.starmap",
    "itertools.takewhile", "multiprocessing.dummy.Pool", "multiprocessing.pool.ThreadPool",
    "operator.call", "threading.Thread", "threading.Timer",
}  # fmt: skip

PURE_MODULES = {
    "__future__", "abc", "argparse", "array", "ast", "asyncio", "attr", "attrs", "base64",
    "binascii", "bisect", "calendar", "cmath", "codecs", "collections", "colorsys",
    "concurrent.futures", "contextlib", "contextvars", "copy", "copyreg", "csv", "dataclasses",
    "datetime", "decimal", "difflib", "enum", "errno", "fnmatch", "fractions", "functools",
    "graphlib", "hashlib", "heapq", "hmac", "html", "inspect", "io", "ipaddress", "itertools",
    "json", "keyword", "logging", "math", "numbers", "numpy", "operator", "os", "os.path",
    "pathlib", "pprint", "pydantic", "queue", "re", "shlex", "signal", "stat", "statistics",
    "string", "struct", "textwrap", "threading", "token", "tokenize", "traceback", "types",
    "typing", "typing_extensions", "unicodedata", "urllib.parse", "uuid", "warnings",
    "weakref", "zlib", "zoneinfo",
}  # fmt: skip
"""Modules that compute from their arguments, but for IMPURE and IMPURE_ATTRIBUTES.

Where something lies (``Path.home()``, ``Path(__file__)``, ``os.getcwd()``) does not count, like
the host.
"""

PURE_OTHERS = {
    "importlib.resources.files", "pandas.DataFrame", "pandas.Index", "pandas.NA", "pandas.NaT",
    "pandas.Series", "pandas.Timedelta", "sys.byteorder", "sys.exc_info", "sys.float_info",
    "sys.getsizeof", "sys.intern", "sys.maxsize", "sys.maxunicode", "sys.platform",
    "sys.version", "sys.version_info", "tempfile.gettempdir", "time.sleep", "time.struct_time",
    "torch.device", "torch.dtype",
}  # fmt: skip
"""The platform counts like the engine and the host: not. Python's version is in the key anyway."""

IMPURE = {
    "hashlib.file_digest", "io.FileIO", "io.open", "numpy.fromfile", "numpy.genfromtxt",
    "numpy.load", "numpy.loadtxt", "numpy.memmap", "numpy.random", "os.cpu_count",
    "os.environ", "os.getenv", "os.getlogin", "os.getpid", "os.popen", "os.system", "os.uname",
    "os.urandom", "sys.argv", "sys.path", "sys.stdin", "threading.get_ident", "uuid.getnode",
    "uuid.uuid1", "uuid.uuid4",
}  # fmt: skip

IMPURE_ATTRIBUTES = {
    "environ", "exists", "expandvars", "getenv", "getmtime", "getpass", "getsize", "getuser",
    "glob", "is_dir", "is_file", "isdir", "isfile", "iterdir", "listdir", "now", "open",
    "perf_counter", "read", "read_bytes", "read_text", "readline", "readlines", "recv",
    "rglob", "scandir", "stat", "today", "utcnow", "walk",
}  # fmt: skip
"""Methods that look at the world, whatever they are called on."""

INERT = {
    "builtins.bool", "builtins.float", "builtins.frozenset", "builtins.int", "builtins.str",
    "builtins.tuple", "collections.namedtuple", "decimal.Decimal", "logging.getLogger",
    "pathlib.Path", "re.compile", "typing.NewType", "typing.ParamSpec", "typing.TypeVar",
    "typing.TypeVarTuple", "typing_extensions.ParamSpec", "typing_extensions.TypeVar",
}  # fmt: skip
"""Calls that make nothing in which anybody could keep something."""


def is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def computed_by(graph: Graph, module: str, index: int) -> str:
    """What makes the statement's values on import so that its source does not tell them.

    Empty for most statements. Declarations of others' libraries in a class's body and in defaults
    (``Field(…)``, ``Column(…)``) count as what they are written as.
    """
    source = graph.source(module)
    facts, statement = source.facts(index), source.outline.statements[index]
    strict = statement.kind not in {CLASS, FUNCTION}
    reason = (
        _looked_at(graph, module, facts)
        or _decorated_by(graph, module, index)
        or _derived_by(graph, module, index, set())
    )
    if reason or not facts.called:
        return reason
    if statement.made and facts.called == (statement.made,):
        made = _class_of(graph, module, statement.made)
        if made is not None:
            return _creation_reason(graph, made, {made}, strict=True)
    called = _all_called(graph, module, facts) if strict else set(facts.called)
    for chain in sorted(called):
        reason = _called(graph, module, chain, strict=strict)
        if reason:
            return reason
    return ""


def _decorated_by(graph: Graph, module: str, index: int) -> str:
    """What a decorator looks at: it may keep that in what it makes of the definition."""
    skipped = graph.flowc_decorators(module, index)
    for position, chains in enumerate(graph.source(module).outline.statements[index].decorators):
        for chain in chains if position not in skipped else ():
            reason = _called(graph, module, chain, strict=False)
            if reason:
                return reason
    return ""


def _derived_by(graph: Graph, module: str, index: int, seen: set[Node]) -> str:
    """What those look at that hear of a new class: its metaclass, ``__init_subclass__``."""
    statement = graph.source(module).outline.statements[index]
    meta = _class_of(graph, module, statement.metaclass) if statement.metaclass else None
    reason = _creation_reason(graph, meta, {meta}, strict=False) if meta is not None else ""
    for chain in () if reason else statement.bases:
        base = _class_of(graph, module, chain)
        if base is None or base in seen:
            continue
        seen.add(base)
        _, place, position = base
        facts = graph.source(place).inheritance(int(position))
        reason = _facts_reason(graph, place, facts, strict=False)
        reason = reason or _derived_by(graph, place, int(position), seen)
        if reason:
            break
    return reason


def changed_by(graph: Graph, module: str, index: int) -> set[Node]:
    """Globals, of other modules too, that a statement changes on import by what it finds outside:
    ``SETTINGS.update(json.load(…))``, ``lib.LIMIT = int(os.environ["LIMIT"])``.
    """
    statement = graph.source(module).outline.statements[index]
    if statement.kind in {CLASS, FUNCTION} or not computed_by(graph, module, index):
        return set()
    facts = graph.source(module).facts(index)
    found: set[Node] = set()
    for chain in (*facts.eager, *facts.called):
        found |= graph.reach(graph.resolve(module, chain).nodes, through=FOLLOWED)
    return {
        (CHANGED, node[1], name)
        for node in found
        if node[0] == BODY and node != (BODY, module, str(index)) and not _is_inert(graph, node)
        for name in graph.source(node[1]).outline.statements[int(node[2])].names
    }


def _is_inert(graph: Graph, node: Node) -> bool:
    """Whether nobody can change what a statement binds."""
    _, module, index = node
    source = graph.source(module)
    facts = source.facts(int(index))
    if source.outline.statements[int(index)].kind in {CLASS, FUNCTION}:
        return True
    found = [graph.resolve(module, chain) for chain in facts.called]
    return bool(found) and all(not each.nodes and each.external <= INERT for each in found)


def may_change(facts: Facts) -> bool:
    """Whether a constant's value could be changed in place; else it can only be replaced."""
    return facts.mutable or bool(facts.called)


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


def _all_called(graph: Graph, module: str, facts: Facts) -> set[str]:
    """What is called, and what may be by those it is given to: ``map(load, files)``."""
    called = set(facts.called)
    for chain in facts.called:
        found = graph.resolve(module, chain) if chain != UNKNOWN else None
        if found is not None and (found.nodes or found.external & CALLS_ITS_ARGUMENTS):
            given = facts.all() - called
            return called | {other for other in given if graph.resolve(module, other).nodes}
    return called


def _called(graph: Graph, module: str, chain: str, *, strict: bool) -> str:
    if chain == UNKNOWN:
        return "a call" if strict else ""
    if chain.startswith(UNKNOWN):
        return chain.removeprefix(f"{UNKNOWN}.")
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
            facts = graph.source(node[1]).facts(int(node[2]))
            reason = _looks_at(facts, graph.edges(node).external, strict=strict)
            if reason:
                return reason
    return ""


def _looks_at(facts: Facts, external: Iterable[str], *, strict: bool) -> str:
    telling = sorted(name for name in IMPURE_ATTRIBUTES if facts.tells(name))
    if telling:
        return telling[0]
    for name in sorted(external):
        if _is_impure(name, strict=strict):
            return name.removeprefix("builtins.")
    return ""


def _class_of(graph: Graph, module: str, chain: str) -> Node | None:
    """The class that a reference leads to, when nothing but one is behind it."""
    found = graph.resolve(module, chain)
    nodes = [node for node in found.nodes if node[0] == NAME]
    bodies = [body for node in nodes for body in graph.edges(node).nodes if body[0] == BODY]
    if len(nodes) != 1 or len(bodies) != 1 or found.external:
        return None
    statement = graph.source(bodies[0][1]).outline.statements[int(bodies[0][2])]
    whole = statement.label == nodes[0][2] == chain.rpartition(".")[2]
    return bodies[0] if statement.kind == CLASS and whole else None


def _creation_reason(graph: Graph, made: Node, seen: set[Node], *, strict: bool) -> str:
    """What making an object of the author's class looks at; its other methods may do as they
    like.
    """
    _, module, index = made
    source = graph.source(module)
    facts, bases = source.creation(int(index)), source.outline.statements[int(index)].bases
    above = {chain: _class_of(graph, module, chain) for chain in bases}
    reason = _facts_reason(
        graph, module, facts, {chain for chain, base in above.items() if base}, strict=strict
    )
    for base in above.values():
        if base is not None and base not in seen and not reason:
            reason = _creation_reason(graph, base, {*seen, base}, strict=strict)
    if not reason:
        return ""
    return f"{module}.{source.outline.statements[int(index)].label}, which uses {reason}"


def _facts_reason(
    graph: Graph, module: str, facts: Facts, skipped: Collection[str] = (), *, strict: bool
) -> str:
    """What code with these facts looks at when it runs, ``skipped`` references aside."""
    reason = _looks_at(facts, (), strict=strict)
    for chain in sorted(facts.all() - {UNKNOWN, *skipped}):
        found = graph.resolve(module, chain)
        reason = reason or _looks_at(facts, found.external, strict=strict)
        reason = reason or _closure_reason(graph, found, strict=strict)
        if reason:
            break
    return reason


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
