"""Which statements change more than the names they bind, and so count for all who import them.

Besides calls and assignments to attributes these are definitions that somebody may keep: a
decorator that registers, a base class that hears of its subclasses, a call that files away what
it returns, or that changes something on its way. A decorator of which nothing of the kind can be
seen is no such thing: what it decorates counts where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.passes.code.chains import UNKNOWN
from flowc.passes.code.graph import within
from flowc.passes.code.names import BODY, MODULE, NAME
from flowc.passes.code.outline import BLOCK, CLASS, CONSTANT, FUNCTION, STATEMENT
from flowc.passes.code.purity import INERT, is_standard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.passes.code.graph import Graph
    from flowc.passes.code.names import Node
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

CONFIGURING = {"configure", "with_options"}

FOLLOWED = frozenset({NAME, BODY})


def has_effect(graph: Graph, module: str, index: int) -> bool:
    statement = graph.source(module).outline.statements[index]
    if statement.effect:
        return not (statement.kind == STATEMENT and configures(graph, module, _callee(statement)))
    skipped = graph.flowc_decorators(module, index)
    for position, chains in enumerate(statement.decorators):
        if position not in skipped and any(_keeps(graph, module, chain) for chain in chains):
            return True
    if statement.kind == CLASS:
        if _is_own(graph, module, statement.metaclass):
            return True
        if any(_hears_of_subclasses(graph, module, chain) for chain in statement.bases):
            return True
    own = statement.names if statement.kind == BLOCK else ()
    return any(
        chain.partition(".")[0] not in own and _holds_state(graph, module, chain)
        for chain in statement.calls
    )


def configures(graph: Graph, module: str, chain: str) -> bool:
    """Whether the call only gives a step or pipeline options: those enter by themselves."""
    owner, _, method = chain.rpartition(".")
    return method in CONFIGURING and bool(owner) and graph.is_definition(module, owner)


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
    if any(
        name in CHANGES or (_keeps_outside(name) and not is_standard(name)) for name in external
    ):
        return True
    if statement.kind == FUNCTION:
        named = any(_is_function_attribute(graph, module, chain) for chain in facts.lazy)
        return named or _imports_late(graph, node)
    if statement.kind == CLASS:
        return facts.mutable
    return (
        statement.kind != CONSTANT or facts.mutable or not _is_inert(graph, module, facts.called)
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
