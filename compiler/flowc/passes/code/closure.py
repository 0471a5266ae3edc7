"""From a step's function to all that it reaches, for many steps at once.

Closures are sets of bits in an integer, computed once for each group of nodes that reach each
other; a step's digest is read off its bits.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flowc.passes.code.graph import EVERYTHING, NAME, WHOLE, Graph
from flowc.passes.code.parts import Reader
from flowc.passes.code.result import Code, Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowc.passes.code.graph import Node


def close(graph: Graph, functions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Code]:
    """The code of each function, given as module and name."""
    starts = {function: _start(graph, *function) for function in functions}
    closures = _closures(graph, list(starts.values()))
    reader = Reader(graph)
    order = sorted(closures.positions, key=closures.positions.__getitem__)
    digests: dict[int, tuple[tuple[Part, ...], tuple[str, ...], str]] = {}
    found: dict[tuple[str, str], Code] = {}
    for function, start in starts.items():
        bits = closures.bits[start]
        if bits not in digests:
            digests[bits] = reader.read([order[position] for position in _set_bits(bits)])
        parts, third_party, uncacheable = digests[bits]
        lines = [f"step {'.'.join(function)}", *(f"{p.kind} {p.name} {p.digest}" for p in parts)]
        digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
        found[function] = Code(digest, parts, third_party, uncacheable)
    return found


def _start(graph: Graph, module: str, name: str) -> Node:
    """A function that no statement binds can be anything in its module."""
    if module not in graph.modules:
        return (EVERYTHING, "", "")
    if name in graph.source(module).names:
        return (NAME, module, name)
    return (WHOLE, module, "")


class _Closures:
    """For each node the bits of all that it reaches; ``positions`` are the nodes' own."""

    def __init__(self) -> None:
        self.positions: dict[Node, int] = {}
        self.bits: dict[Node, int] = {}


def _closures(graph: Graph, starts: Sequence[Node]) -> _Closures:
    """Tarjan's strongly connected components, without recursion."""
    found = _Closures()
    low: dict[Node, int] = {}
    stack: list[Node] = []
    for start in starts:
        if start in found.positions:
            continue
        work: list[tuple[Node, Iterator[Node]]] = []
        _open(graph, start, found, low, stack, work)
        while work:
            node, below = work[-1]
            for other in below:
                if other not in found.positions:
                    _open(graph, other, found, low, stack, work)
                    break
                if other not in found.bits:
                    low[node] = min(low[node], found.positions[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == found.positions[node]:
                    _close_group(graph, node, found, stack)
    return found


def _open(
    graph: Graph,
    node: Node,
    found: _Closures,
    low: dict[Node, int],
    stack: list[Node],
    work: list[tuple[Node, Iterator[Node]]],
) -> None:
    found.positions[node] = low[node] = len(found.positions)
    stack.append(node)
    work.append((node, iter(graph.edges(node).nodes)))


def _close_group(graph: Graph, node: Node, found: _Closures, stack: list[Node]) -> None:
    group = [stack.pop()]
    while group[-1] != node:
        group.append(stack.pop())
    bits = 0
    for member in group:
        bits |= 1 << found.positions[member]
        for other in graph.edges(member).nodes:
            bits |= found.bits.get(other, 0)
    for member in group:
        found.bits[member] = bits


def _set_bits(bits: int) -> list[int]:
    text = bin(bits)[:1:-1]
    return [position for position, bit in enumerate(text) if bit == "1"]
