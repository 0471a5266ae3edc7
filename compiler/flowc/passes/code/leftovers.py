"""What imports leave behind that a step would not find where only its own module is imported.

A container imports the module of its step, and what that imports. A process that was forked from
one with all of the author's modules differs in two ways:

    plugins.py   lib.READERS.append(read)    changed `lib` for a step that imports `lib` alone
    data.py      RNG = Random(7)             others may have drawn from it before the fork

What a module changes in itself alone nobody sees who does not import it. How messages are logged,
warnings and `sys.path` are left out: they change no result.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from flowc.passes.code.chains import UNKNOWN
from flowc.passes.code.effects import (
    CHANGES,
    changed_arguments,
    configures,
    has_effect,
    is_state,
    patched,
)
from flowc.passes.code.graph import Graph, within
from flowc.passes.code.kept import key_of, name_of
from flowc.passes.code.memory import MEMORY
from flowc.passes.code.names import BODY, FOLLOWED, NAME
from flowc.passes.code.outline import CLASS, FUNCTION
from flowc.passes.code.purity import PURE_MODULES, is_standard
from flowc_runtime.values import objects

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from flowc.passes.code.names import Node
    from flowc.trace.modules import Module

GENERATORS = {"Generator", "Random", "RandomState", "check_random_state", "default_rng"}
GENERATORS_OF = {"numpy.random", "random", "sklearn.utils", "torch"}
MAY_DRAW = re.compile(rb"seed|Random|Generator|random_state|default_rng")
"""In the text of every module that makes random state."""

WITHOUT_TRACE = {
    *PURE_MODULES, "atexit", "shutil", "subprocess", "sys.path", "sys.stderr", "sys.stdout",
    "tempfile", "time",
}  # fmt: skip
"""Of Python's own: what these change, CHANGES aside, no other process sees less of."""


def find_leftovers(roots: Iterable[str], modules: Mapping[str, Module]) -> dict[str, str]:
    """By each of the modules in ``roots`` that needs a process of its own, why it does.

    Only modules that this process has imported leave anything behind.
    """
    wanted = sorted(set(roots))
    script = objects.main_name()
    here = sorted(name for name in modules if name in sys.modules or name == script)
    name, key = name_of(f"leftovers for {' '.join(wanted)}", modules), key_of(here, modules)
    kept = MEMORY.load(name)
    if kept.get("key") == key:
        known: dict[str, str] = kept["found"]
        return known
    graph = Graph(modules)
    search = _Search(graph, here)
    found = {root: why for root in wanted if (why := search.of(root))}
    graph.save()
    MEMORY.save(name, {"key": key, "found": found})
    return found


class _Search:
    def __init__(self, graph: Graph, here: Iterable[str]) -> None:
        self._graph = graph
        self._here = set(here)
        self._effects: dict[str, list[int]] = {}
        self._draws: dict[str, str] = {}
        self._never_draws: set[Node] = set()
        self._known: dict[frozenset[str], str] = {}

    def of(self, root: str) -> str:
        """Why code in the module cannot run here; empty when it can."""
        graph = self._graph
        inside = frozenset(graph.imported_by(root)) if root in graph.modules else frozenset[str]()
        if inside not in self._known:
            self._known[inside] = self._random(inside) or self._effect(inside)
        return self._known[inside]

    def _random(self, inside: Collection[str]) -> str:
        texts = (self._graph.modules[module].source for module in inside)
        if not any(MAY_DRAW.search(text) for text in texts):
            return ""
        places = (self._drawing(module) for module in sorted(self._here.intersection(inside)))
        place = next(filter(None, places), "")
        return f"{place} makes random state while it is imported" if place else ""

    def _effect(self, inside: Collection[str]) -> str:
        for module in sorted(self._here.difference(inside)):
            for index in self._with_effect(module):
                if _reaches(self._graph, module, index, inside):
                    place = self._place(module, index)
                    return f"{place} may change what they see, and their modules do not import it"
        return ""

    def _with_effect(self, module: str) -> list[int]:
        if module not in self._effects:
            count = len(self._graph.source(module).outline.statements)
            found = [index for index in range(count) if has_effect(self._graph, module, index)]
            self._effects[module] = found
        return self._effects[module]

    def _drawing(self, module: str) -> str:
        """The first statement that makes random state when the module is imported."""
        if module not in self._draws:
            count = len(self._graph.source(module).outline.statements)
            found = (index for index in range(count) if self._makes_generator(module, index))
            first = next(found, None)
            self._draws[module] = "" if first is None else self._place(module, first)
        return self._draws[module]

    def _makes_generator(self, module: str, index: int) -> bool:
        source = self._graph.source(module)
        statement = source.outline.statements[index]
        called = source.facts(index).called if statement.effect else statement.calls
        return any(self._draws_from(module, chain) for chain in called)

    def _draws_from(self, module: str, chain: str) -> bool:
        """Whether a call ends in others' code that makes random state."""
        seen: set[Node] = set()
        queue = [(module, chain)]
        while queue:
            place, called = queue.pop()
            if called.startswith(UNKNOWN) or configures(self._graph, place, called):
                continue
            found = self._graph.resolve(place, called)
            if any(map(_is_random, found.external)):
                return True
            fresh = {node for node in found.nodes if node[0] == NAME} - seen - self._never_draws
            seen |= fresh
            queue += (call for node in fresh for call in self._calls(node))
        self._never_draws |= seen
        return False

    def _calls(self, node: Node) -> Iterable[tuple[str, str]]:
        """What the function calls, or the making of an object of the class."""
        _, module, name = node
        source = self._graph.source(module)
        for index in source.names[name]:
            kind = source.outline.statements[index].kind
            if kind not in {FUNCTION, CLASS} or self._graph.flowc_decorators(module, index):
                continue
            facts = source.facts(index) if kind == FUNCTION else source.creation(index)
            for chain in {*facts.lazy, *facts.called}.difference(facts.taken):
                yield module, chain

    def _place(self, module: str, index: int) -> str:
        statement = self._graph.source(module).outline.statements[index]
        return self._graph.place(module, statement.line)


def _is_random(name: str) -> bool:
    last = name.rpartition(".")[2]
    if last in GENERATORS:
        return within(name, GENERATORS_OF)
    is_package = within(name, {"random", "numpy.random"}) or not is_standard(name)
    return "seed" in last and is_package and not name.startswith(("flowc.", "builtins."))


def _reaches(graph: Graph, module: str, index: int, inside: Collection[str]) -> bool:
    """Whether what a statement changes on import is seen by code in the modules ``inside``."""
    if any(node[1] in inside for node in changed_arguments(graph, module, index)):
        return True
    source = graph.source(module)
    statement = source.outline.statements[index]
    facts = source.facts(index)
    stored: Iterable[str] = facts.stored if statement.effect else ()
    if statement.kind in {FUNCTION, CLASS}:
        skipped = graph.flowc_decorators(module, index)
        kept = (each for at, each in enumerate(statement.decorators) if at not in skipped)
        called = {chain for chains in kept for chain in chains}
        called |= {*statement.calls, *statement.bases, statement.metaclass}
        given: set[str] = set()
    else:
        called, given = set(facts.called), set(facts.eager)
    called = {chain for chain in called if chain and not configures(graph, module, chain)}
    ignores = statement.effect
    return (
        (ignores and UNKNOWN in called)
        or any(_stores(graph, module, chain, inside) for chain in stored)
        or any(_acts(graph, module, chain, ignores=ignores) for chain in called)
        or any(
            _changes(graph, node, inside, ignores=ignores)
            for node in _led_to(graph, module, {*called, *given, *stored} - {UNKNOWN})
        )
    )


def _stores(graph: Graph, module: str, chain: str, inside: Collection[str]) -> bool:
    """Whether what gets an attribute or an item is others', or of a module ``inside``."""
    if chain == UNKNOWN:
        return False
    found = graph.resolve(module, chain)
    return bool(found.external) or any(node[1] in inside for node in found.nodes)


def _acts(graph: Graph, module: str, chain: str, *, ignores: bool) -> bool:
    if chain.startswith(UNKNOWN):
        return False
    external = graph.resolve(module, chain).external
    return any(_leaves_trace(name, ignores=ignores) for name in external)


def _leaves_trace(name: str, *, ignores: bool) -> bool:
    """Whether a call to others' code changes something that a step may see; one whose result is
    ignored is there for what it changes.
    """
    last = name.rpartition(".")[2]
    if name in CHANGES or _is_random(name) or ("register" in last and not is_standard(name)):
        return True
    if not ignores or name.startswith(("builtins.", "flowc.")):
        return False
    return not (is_standard(name) and within(name, WITHOUT_TRACE))


def _led_to(graph: Graph, module: str, chains: Iterable[str]) -> Iterable[Node]:
    """The statements behind references; those of steps run another time."""
    queue = [
        node
        for chain in chains
        if not chain.startswith(UNKNOWN)
        for node in graph.resolve(module, chain).nodes
    ]
    seen: set[Node] = set()
    while queue:
        node = queue.pop()
        is_step = node[0] == BODY and graph.flowc_decorators(node[1], int(node[2]))
        if node in seen or node[0] not in FOLLOWED or is_step:
            continue
        seen.add(node)
        if node[0] == BODY:
            yield node
        queue.extend(graph.edges(node).nodes)


def _changes(graph: Graph, node: Node, inside: Collection[str], *, ignores: bool) -> bool:
    """Whether a statement that is reached is one ``inside`` that holds things, or a function that
    changes such or others' by itself.
    """
    _, module, index = node
    if module in inside:
        return is_state(graph, node)
    source = graph.source(module)
    if source.outline.statements[int(index)].kind != FUNCTION:
        return not graph.edges(node).external.isdisjoint(CHANGES)
    facts = source.facts(int(index))
    return (
        any(_stores(graph, module, chain, inside) for chain in facts.stored)
        or any(node[1] in inside for node in patched(graph, module, int(index)))
        or any(
            _acts(graph, module, chain, ignores=ignores)
            for chain in {*facts.lazy, *facts.called}.difference(facts.taken)
        )
    )
