"""From a step's function to all that it reaches, for many steps at once.

Closures are sets of bits in an integer, computed once for each group of nodes that reach each
other; what a step's digest is made of is read off its bits.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flowc.passes.code.names import EVERYTHING, NAME, WHOLE
from flowc.passes.code.parts import Parts
from flowc.passes.code.result import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flowc.passes.code.given import Function, Subject
    from flowc.passes.code.graph import Graph
    from flowc.passes.code.names import Node

Values = dict[tuple[str, str, str], tuple[str, str]]
"""By module, name and kind what `live.digest_value` said."""


def close(graph: Graph, subjects: Sequence[Subject]) -> tuple[dict[Subject, Code], Values]:
    """The code of each subject, and the values of globals that were looked at."""
    starts = _starts(graph, subjects)
    parts = Parts(graph, _explore(graph, starts.values()))
    closures = _Closures(graph, parts.positions)
    bits = {each: closures.of(start) for each, start in starts.items()}
    made = {
        maker: _union(closures.of(node) for node in parts.handed_on(bits[maker]))
        for maker in {maker for subject in subjects for maker in subject.makers}
    }
    known: dict[int, Code] = {}
    found: dict[Subject, Code] = {}
    for subject in subjects:
        given = [bits[each] for each in subject.classes if each in bits]
        given += [made[maker] for maker in subject.makers]
        reached = bits[subject.function] | _union(given)
        if reached not in known:
            known[reached] = parts.code(reached)
        code = known[reached]
        text = f"step {'.'.join(subject.function)}\n{code.digest}"
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        found[subject] = Code(digest, code.parts, code.third_party, code.uncacheable)
    return found, parts.values


def _union(found: Iterable[int]) -> int:
    bits = 0
    for each in found:
        bits |= each
    return bits


def _starts(graph: Graph, subjects: Sequence[Subject]) -> dict[Function, Node]:
    """Classes of others are no code of the author's."""
    starts: dict[Function, Node] = {}
    for function, classes, makers in subjects:
        own = [each for each in classes if each[0] in graph.modules]
        starts |= {each: _start(graph, *each) for each in (function, *own, *makers)}
    return starts


def _start(graph: Graph, module: str, name: str) -> Node:
    """What no statement binds can be anything in its module."""
    if module not in graph.modules:
        return (EVERYTHING, "", "")
    top = name.partition(".")[0]
    if top in graph.source(module).names:
        return (NAME, module, top)
    return (WHOLE, module, "")


def _explore(graph: Graph, starts: Iterable[Node]) -> set[Node]:
    found: set[Node] = set(starts)
    queue = list(found)
    while queue:
        fresh = graph.edges(queue.pop()).nodes - found
        found |= fresh
        queue.extend(fresh)
    return found


class _Closures:
    """Tarjan's strongly connected components, without recursion."""

    def __init__(self, graph: Graph, positions: dict[Node, int]) -> None:
        self._graph = graph
        self._positions = positions
        self._index: dict[Node, int] = {}
        self._low: dict[Node, int] = {}
        self._stack: list[Node] = []
        self._bits: dict[Node, int] = {}

    def of(self, start: Node) -> int:
        """The bits of all that a node reaches, by the nodes' positions."""
        if start not in self._index:
            self._search(start)
        return self._bits[start]

    def _search(self, start: Node) -> None:
        index, low = self._index, self._low
        work = [self._open(start)]
        while work:
            node, below = work[-1]
            for other in below:
                if other not in index:
                    work.append(self._open(other))
                    break
                if other not in self._bits:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if low[node] == index[node]:
                    self._close_group(node)
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[node])

    def _open(self, node: Node) -> tuple[Node, Iterator[Node]]:
        self._index[node] = self._low[node] = len(self._index)
        self._stack.append(node)
        return node, iter(self._graph.edges(node).nodes)

    def _close_group(self, node: Node) -> None:
        group = [self._stack.pop()]
        while group[-1] != node:
            group.append(self._stack.pop())
        bits = 0
        for member in group:
            bits |= 1 << self._positions[member]
            for other in self._graph.edges(member).nodes:
                bits |= self._bits.get(other, 0)
        for member in group:
            self._bits[member] = bits
