"""What imports leave behind that a step would not find where only its own module is imported.

A container imports the module of its step, and what that imports. A process that was forked from
one with all of the author's modules differs in two ways:

    plugins.py   lib.READERS.append(read)    changed `lib` for a step that imports `lib` alone
    data.py      RNG = Random(7)             may have been drawn from before the fork
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flowc.passes.code.effects import FOLLOWED, has_effect
from flowc.passes.code.graph import Graph, within
from flowc.passes.code.kept import key_of, name_of
from flowc.passes.code.memory import MEMORY
from flowc.passes.code.names import BODY
from flowc.passes.code.purity import is_standard
from flowc_runtime.values import objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from flowc.passes.code.names import Node
    from flowc.trace.modules import Module

GENERATORS = {"Generator", "Random", "RandomState", "check_random_state", "default_rng"}
GENERATORS_OF = {"numpy.random", "random", "sklearn.utils", "torch"}


def find_leftovers(roots: Iterable[str], modules: Mapping[str, Module]) -> dict[str, str]:
    """By each of the modules in ``roots`` that needs a process of its own, why it does.

    Only modules that this process has imported leave anything behind.
    """
    wanted = sorted(root for root in set(roots) if root in modules)
    found = _kept(wanted, modules)
    script = objects.main_name()
    here = {name for name in modules if name in sys.modules or name == script}
    random = next((place for name, place in found["random"] if name in here), "")
    if random:
        return dict.fromkeys(wanted, f"{random} makes random state while it is imported")
    return {
        root: f"{place} is run on import, and its module does not import that"
        for root in wanted
        for place in [_first(found["effects"], here.difference(found["imports"][root]))]
        if place
    }


def _first(effects: Iterable[tuple[str, str]], missing: set[str]) -> str:
    return next((place for name, place in effects if name in missing), "")


def _kept(roots: list[str], modules: Mapping[str, Module]) -> dict[str, Any]:
    """The answer, read again when a module has changed."""
    name, key = name_of("leftovers", modules), key_of(roots, modules)
    kept = MEMORY.load(name)
    if kept.get("key") == key:
        return kept
    graph = Graph(modules)
    imports = {root: graph.imported_by(root) for root in roots}
    everywhere = set(modules).intersection(*imports.values())
    kept = {
        "key": key,
        "imports": {root: sorted(found) for root, found in imports.items()},
        "effects": _places(graph, set(modules) - everywhere, has_effect),
        "random": _places(graph, modules, _makes_random_state),
    }
    graph.save()
    MEMORY.save(name, kept)
    return kept


def _places(
    graph: Graph, modules: Iterable[str], holds: Callable[[Graph, str, int], bool]
) -> list[tuple[str, str]]:
    """Of each module the first statement for which that ``holds``."""
    found: list[tuple[str, str]] = []
    for module in sorted(modules):
        for index, statement in enumerate(graph.source(module).outline.statements):
            if holds(graph, module, index):
                found.append((module, graph.place(module, statement.line)))
                break
    return found


def _makes_random_state(graph: Graph, module: str, index: int) -> bool:
    statement = graph.source(module).outline.statements[index]
    called = graph.source(module).facts(index).called if statement.effect else statement.calls
    return any(
        _is_random(name) for chain in called for name in _reached_outside(graph, module, chain)
    )


def _reached_outside(graph: Graph, module: str, chain: str) -> Iterator[str]:
    """What is not the author's among that to which a call leads; steps are called another time."""
    found = graph.resolve(module, chain)
    yield from found.external
    seen: set[Node] = set()
    queue = list(found.nodes)
    while queue:
        node = queue.pop()
        is_step = node[0] == BODY and graph.flowc_decorators(node[1], int(node[2]))
        if node in seen or node[0] not in FOLLOWED or is_step:
            continue
        seen.add(node)
        yield from graph.edges(node).external
        queue.extend(graph.edges(node).nodes)


def _is_random(name: str) -> bool:
    last = name.rpartition(".")[2]
    if last in GENERATORS:
        return within(name, GENERATORS_OF)
    is_package = name.startswith(("random.", "numpy.random.")) or not is_standard(name)
    return "seed" in last and is_package and not name.startswith("flowc.")
