"""What the author's functions do to the objects that they are given, over all that they call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.passes.code.mutation import NOTHING
from flowc.passes.code.names import BODY, FOLLOWED
from flowc.passes.code.outline import FUNCTION
from flowc.passes.code.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flowc.passes.code.graph import Graph
    from flowc.passes.code.mutation import Mutation
    from flowc.passes.code.names import Found, Node


class Doing:
    """What functions do to what they are given, as ``read`` reads it from each."""

    def __init__(self, read: Callable[[Source, int], Mutation]) -> None:
        self._read = read

    def of(self, graph: Graph, node: Node) -> Mutation:
        kind, module, index = node
        return self._read(graph.source(module), int(index)) if kind == BODY else NOTHING

    def sets(self, graph: Graph, node: Node) -> bool:
        return self.of(graph, node).attributes

    def fills(self, graph: Graph, node: Node) -> bool:
        return self.of(graph, node).contents

    def calls(self, graph: Graph, node: Node) -> bool:
        return self.of(graph, node).calls

    def some(
        self, graph: Graph, callees: Iterable[Found], wanted: Callable[[Graph, Node], bool]
    ) -> bool:
        """Whether one of them, or of those to which they pass it on, does what is wanted."""
        return any(
            graph.leads_to(found.nodes, wanted, ends=self._keeps_to_itself) for found in callees
        )

    def _keeps_to_itself(self, graph: Graph, node: Node) -> bool:
        """Whether a function passes on nothing of what it is given."""
        kind, module, index = node
        if kind != BODY:
            return False
        statement = graph.source(module).outline.statements[int(index)]
        if statement.kind != FUNCTION or statement.decorators:
            return False
        return not self.of(graph, node).passes


DIRECT = Doing(Source.given)
RESULT = Doing(Source.given_result)
"""With what their results do, where those are called."""
FACTORY = Doing(Source.given_factory)
"""With what their results do but for what these are given, where those decorate."""


def calls_misnamed(
    graph: Graph, given: Iterable[Found], callees: Iterable[Found], here: Mutation
) -> bool:
    """Whether somebody calls a method by the name of one that reads, and something that is given
    has one that changes it.
    """
    objects = [node for found in given for node in found.nodes]
    if not graph.leads_to(objects, _misnamed):
        return False
    names = {
        name for node in graph.reach(objects, through=FOLLOWED) for name in _misnamed(graph, node)
    }
    functions = [node for found in callees for node in found.nodes]
    reached = graph.reach(functions, through=FOLLOWED)
    called = {name for node in reached for name in RESULT.of(graph, node).reads}
    return not names.isdisjoint(called.union(here.reads))


def _misnamed(graph: Graph, node: Node) -> Sequence[str]:
    kind, module, index = node
    if kind != BODY:
        return ()
    return graph.source(module).misnamed(int(index))
