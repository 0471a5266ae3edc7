"""Which statements change more than the names they bind, and so count for all who import them.

Besides calls and assignments to attributes these are definitions that somebody may keep: a
decorator that registers, a base class that hears of its subclasses, a call that files away what
it returns, or that changes something on its way. A decorator of which nothing of the kind can be
seen is no such thing: what it decorates counts where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.passes.code.chains import UNKNOWN
from flowc.passes.code.doing import DIRECT, FACTORY, RESULT, calls_misnamed
from flowc.passes.code.graph import within
from flowc.passes.code.mutation import CHANGES_FIRST
from flowc.passes.code.names import BODY, FOLLOWED, MODULE, NAME, WHOLE
from flowc.passes.code.outline import BLOCK, CLASS, CONSTANT, FUNCTION, STATEMENT
from flowc.passes.code.purity import CALLS_ITS_ARGUMENTS, INERT, is_standard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.passes.code.graph import Graph
    from flowc.passes.code.names import Found, Node
    from flowc.passes.code.outline import Statement

HARMLESS = {
    "attr", "attrs", "backoff", "beartype", "cachetools", "chex", "cytoolz", "dataclasses_json",
    "deprecated", "einops", "equinox", "flax", "jax", "jaxtyping", "joblib", "loguru",
    "memory_profiler", "more_itertools", "numba", "numpy", "pandas", "polars", "pydantic",
    "retry", "scipy", "sklearn", "structlog", "tenacity", "tensorflow", "toolz", "torch", "tqdm",
    "typeguard", "typing_extensions", "wrapt",
}  # fmt: skip
"""Others' libraries whose decorators and functions only give back what they are given."""

KEEPS_SUBCLASSES = {"django", "mongoengine", "peewee", "sqlalchemy", "sqlmodel", "tortoise"}

CHANGES = {
    "builtins.delattr", "builtins.exec", "builtins.setattr", "builtins.vars", "locale.setlocale",
    "os.chdir", "os.environ.clear", "os.environ.pop", "os.environ.popitem",
    "os.environ.setdefault", "os.environ.update", "os.putenv", "os.unsetenv",
}  # fmt: skip
"""Calls that change something elsewhere, though they may give something back too."""

MEMORIES = {
    "cachetools.cached", "cachetools.func.lru_cache", "cachetools.func.ttl_cache",
    "functools.cache", "functools.lru_cache", "methodtools.lru_cache",
}  # fmt: skip
"""Decorators that give the same object again and again."""

CONFIGURING = {"configure", "with_options"}


def has_effect(graph: Graph, module: str, index: int) -> bool:
    statement = graph.source(module).outline.statements[index]
    if statement.effect:
        return not (statement.kind == STATEMENT and configures(graph, module, _callee(statement)))
    if _is_kept(graph, module, index):
        return True
    if not (statement.calls or statement.decorators) and statement.kind != BLOCK:
        return False
    own = statement.names if statement.kind == BLOCK else ()
    called = [chain for chain in statement.calls if chain.partition(".")[0] not in own]
    return any(_holds_state(graph, module, chain) for chain in called) or bool(
        changed_arguments(graph, module, index)
    )


def _is_kept(graph: Graph, module: str, index: int) -> bool:
    """Whether somebody hears of a definition, or changes something for it."""
    statement = graph.source(module).outline.statements[index]
    skipped = graph.flowc_decorators(module, index)
    for position, chains in enumerate(statement.decorators):
        if position not in skipped and any(_keeps(graph, module, chain) for chain in chains):
            return True
    if statement.kind != CLASS:
        return False
    return _is_own(graph, module, statement.metaclass) or any(
        _hears_of_subclasses(graph, module, chain) for chain in statement.bases
    )


def changed_arguments(graph: Graph, module: str, index: int) -> set[Node]:
    """What a statement gives on import to those that may change it, or changes by itself."""
    source = graph.source(module)
    facts, here = source.facts(index), source.met(index)
    factories = _factories(graph, module, index)
    eager = {*facts.eager, *(chain for _, *chains in factories for chain in chains)}
    given = {chain: graph.resolve(module, chain) for chain in eager}
    if not any(found.nodes for found in given.values()):
        return set()
    called = {*facts.called, *(callee for callee, *_ in factories)}
    callees = [
        graph.resolve(module, chain)
        for chain in called
        if not (chain.startswith(UNKNOWN) or configures(graph, module, chain))
    ]
    # Whether objects are called, and whether functions are: ``map(fill, …)``.
    does = RESULT if UNKNOWN in called else FACTORY if factories else DIRECT
    calls = here.calls or UNKNOWN in called or does.some(graph, callees, does.calls)
    runs = calls or any(_runs_functions(found) for found in callees)
    functions = {
        chain for chain, found in given.items() if runs and _is_callable(graph, chain, found)
    }
    callees += [found for chain, found in given.items() if calls or chain in functions]
    sets = here.attributes or does.some(graph, callees, does.sets)
    fills = here.contents or does.some(graph, callees, does.fills)
    fills = fills or (runs and any(map(_changes_first, given.values())))
    fills = fills or calls_misnamed(graph, given.values(), callees, here)
    changed: set[Node] = set()
    for chain, found in given.items():
        touched = sets or fills or calls or chain in functions
        if touched and graph.leads_to(found.nodes, is_state):
            changed |= found.nodes
        elif sets or fills:
            changed |= _attributed(graph, found, sets=sets)
    return changed


def _factories(graph: Graph, module: str, index: int) -> list[tuple[str, ...]]:
    """Decorators that are given something, each its callee first: ``@patch(Model)``."""
    decorators = graph.source(module).outline.statements[index].decorators
    skipped = graph.flowc_decorators(module, index)
    return [
        chains
        for position, chains in enumerate(decorators)
        if position not in skipped and set(chains[1:]) - {chains[0]}
    ]


def patched(graph: Graph, module: str, index: int) -> set[Node]:
    """Functions, classes and modules on which a function that takes them may set attributes."""
    source = graph.source(module)
    facts = source.facts(index)
    taken = [graph.resolve(module, chain) for chain in facts.taken]
    nodes = {node for found in taken for node in _attributed(graph, found, sets=True)}
    if not nodes:
        return nodes
    here = source.taken(index)
    called = set(facts.lazy).difference(facts.taken) if here.passes else set[str]()
    callees = [graph.resolve(module, chain) for chain in called if not chain.startswith(UNKNOWN)]
    if here.attributes or DIRECT.some(graph, callees, DIRECT.sets):
        return nodes
    fills = here.contents or DIRECT.some(graph, callees, DIRECT.fills)
    return {node for node in nodes if fills and node[0] == WHOLE}


def _attributed(graph: Graph, found: Found, *, sets: bool) -> set[Node]:
    """Those in a reference's target that have attributes: modules, functions and classes."""
    nodes = {node for node in found.nodes if node[0] == WHOLE}
    if sets:
        nodes |= {node for node in _bodies(found.nodes) if _is_definition(graph, node)}
    return nodes


def _is_definition(graph: Graph, node: Node) -> bool:
    _, module, name = node
    source = graph.source(module)
    kinds = {source.outline.statements[index].kind for index in source.names[name]}
    return not kinds.isdisjoint({FUNCTION, CLASS})


def _is_callable(graph: Graph, chain: str, found: Found) -> bool:
    """A function, a class, or what an object has as an attribute."""
    bodies = _bodies(found.nodes)
    root, _, name = chain.rpartition(".")
    is_attribute = bool(root) and name not in {node[2] for node in bodies}
    return is_attribute or any(_is_definition(graph, node) for node in bodies)


def _runs_functions(found: Found) -> bool:
    """Whether a library may call the functions that it is given."""
    return bool(found.external & CALLS_ITS_ARGUMENTS) or any(map(_is_strange, found.external))


def _is_strange(name: str) -> bool:
    """Whether a library is not known to leave alone what it is given."""
    return _keeps_outside(name) and not is_standard(name)


def _changes_first(found: Found) -> bool:
    return any(name.rpartition(".")[2] in CHANGES_FIRST for name in found.external)


def configures(graph: Graph, module: str, chain: str) -> bool:
    """Whether a call only gives a step or pipeline options, which enter by themselves, or runs a
    pipeline, which no container does.
    """
    owner, _, method = chain.rpartition(".")
    if method == "entrypoint":  # a plain call, which runs like any other
        return False
    called = owner if owner and method in CONFIGURING else chain
    return graph.is_definition(module, called)


def _is_own(graph: Graph, module: str, chain: str) -> bool:
    """Whether the reference leads to the author's code."""
    return bool(chain) and bool(_bodies(graph.resolve(module, chain).nodes))


def _keeps(graph: Graph, module: str, chain: str) -> bool:
    """Whether a decorator may keep what it decorates."""
    if "register" in chain.rpartition(".")[2]:
        return True
    found = graph.resolve(module, chain)
    return any(_keeps_outside(name) for name in found.external) or _holds_state(
        graph, module, chain
    )


def _keeps_outside(name: str) -> bool:
    top = name.partition(".")[0]
    if "register" in name or "custom_op" in name:
        return True
    return not (top in {"builtins", "flowc"} or is_standard(name) or top in HARMLESS)


def _holds_state(graph: Graph, module: str, chain: str) -> bool:
    """Whether what a reference leads to keeps things in the author's code, or changes others."""
    if configures(graph, module, chain):
        return False
    found = graph.resolve(module, chain)
    return not found.external.isdisjoint(CHANGES) or graph.leads_to(found.nodes, is_state)


def is_state(graph: Graph, node: Node) -> bool:
    """Whether a statement has a place to keep things in, or changes something when called."""
    kind, module, index = node
    if kind != BODY:
        return False
    source = graph.source(module)
    statement, facts = source.outline.statements[int(index)], source.facts(int(index))
    external = graph.edges(node).external
    if "global" in facts.attributes or set(facts.stored) - {UNKNOWN}:
        return True
    if any(name in CHANGES or _is_strange(name) for name in external):
        return True
    if statement.kind == FUNCTION:
        named = any(_is_function_attribute(graph, module, chain) for chain in facts.lazy)
        return (
            named
            or _imports_late(graph, node)
            or bool(patched(graph, module, int(index)))
            or _remembers(graph, module, int(index))
        )
    if statement.kind == CLASS:
        return facts.mutable or _remembers(graph, module, int(index))
    return (
        statement.kind != CONSTANT or facts.mutable or not _is_inert(graph, module, facts.called)
    )


def _remembers(graph: Graph, module: str, index: int) -> bool:
    """Whether a function, or a method of a class, gives everybody the same object:
    ``@cache def registry(): return {}``.
    """
    source = graph.source(module)
    decorators = source.outline.statements[index].decorators
    found = [graph.resolve(module, chains[0]).external for chains in decorators]
    return any(not external.isdisjoint(MEMORIES) for external in found) and not (
        source.is_plain(index)
    )


def _is_inert(graph: Graph, module: str, called: Iterable[str]) -> bool:
    """Whether the calls make nothing in which anybody could keep something."""
    found = [graph.resolve(module, chain) for chain in called]
    return all(part.external <= INERT and not _bodies(part.nodes) for part in found)


def _is_function_attribute(graph: Graph, module: str, chain: str) -> bool:
    """``decorator.known[name] = …``"""
    root, _, rest = chain.partition(".")
    source = graph.source(module)
    kinds = {source.outline.statements[index].kind for index in source.names.get(root, ())}
    return bool(rest) and FUNCTION in kinds and not rest.startswith("__")


def _imports_late(graph: Graph, node: Node) -> bool:
    """Whether a function imports what its module does not: that runs with all it changes."""
    modules = {name for kind, name, _ in graph.edges(node).nodes if kind == MODULE}
    return not modules <= graph.imported_by(node[1])


def _callee(statement: Statement) -> str:
    return statement.label.partition("#")[0]


def _bodies(nodes: frozenset[Node]) -> set[Node]:
    return {node for node in nodes if node[0] == NAME}


def _hears_of_subclasses(graph: Graph, module: str, chain: str) -> bool:
    found = graph.resolve(module, chain)
    if any(within(name, KEEPS_SUBCLASSES) for name in found.external):
        return True
    for node in graph.reach(found.nodes, through=FOLLOWED):
        if node[0] != BODY:
            continue
        source = graph.source(node[1])
        statement = source.outline.statements[int(node[2])]
        attributes = source.facts(int(node[2])).attributes
        if statement.kind == CLASS and (
            "__init_subclass__" in attributes
            or "type" in statement.bases
            or _is_own(graph, node[1], statement.metaclass)
            or any(within(n, KEEPS_SUBCLASSES) for n in graph.edges(node).external)
        ):
            return True
    return False
