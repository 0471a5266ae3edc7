"""Which statement reaches which, and what runs when a module is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.passes.code.chains import extend
from flowc.passes.code.names import (
    BODY,
    EVERYTHING,
    FUTURE,
    IMPORTED,
    MODULE,
    NAME,
    WHOLE,
    Edges,
    Names,
)
from flowc.passes.code.outline import CLASS, FUNCTION
from flowc.trace import project

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from flowc.passes.code.names import Node
    from flowc.trace.modules import Module

WIDENING = {"exec", "eval", "globals", "__import__", "importlib.__import__"}
"""What can reach anything in its module."""

BOUNDLESS = {
    "importlib.import_module", "sys.modules", "gc.get_objects", "gc.get_referrers", "pkgutil",
    "runpy", "importlib.util", "importlib.machinery", "inspect.getmodule", "pickle.load",
    "pickle.loads", "pickle.Unpickler", "cloudpickle.load", "cloudpickle.loads", "dill",
    "joblib.load", "shelve", "torch.load",
}  # fmt: skip
"""What can reach anything in any module; a pickle has names of what is in none of the code."""

BOUNDLESS_ATTRIBUTES = ("__globals__", "__subclasses__", "f_globals")

READS_DOCS = ("doctest", "inspect", "pydoc")
READS_SOURCE = {"getblock", "getcomments", "getsource", "getsourcelines", "findsource"}


class Graph:
    """The author's modules as nodes; edges are read when something leads to them."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        names = Names(modules)
        self.source, self.resolve, self.save = names.source, names.resolve, names.save
        self._edges: dict[Node, Edges] = {}
        self._places: dict[str, str] = {}
        self._imported_by: dict[str, set[str]] = {}
        self._clean: dict[Callable[[Graph, Node], object], set[Node]] = {}

    def edges(self, node: Node) -> Edges:
        if node not in self._edges:
            self._edges[node] = self._read_edges(node)
        return self._edges[node]

    def reach(self, starts: Iterable[Node], *, through: frozenset[str]) -> set[Node]:
        """All nodes from ``starts`` on, leaving kinds that are not in ``through``."""
        found: set[Node] = set()
        queue = list(starts)
        while queue:
            node = queue.pop()
            if node not in found and node[0] in through:
                found.add(node)
                queue.extend(self.edges(node).nodes)
        return found

    def leads_to(
        self,
        starts: Iterable[Node],
        wanted: Callable[[Graph, Node], object],
        *,
        ends: Callable[[Graph, Node], bool] | None = None,
    ) -> bool:
        """Whether names lead to what is ``wanted``; what led to nothing is not searched again.

        The search ends where ``ends`` says so, which is the same for each ``wanted``.
        """
        clean = self._clean.setdefault(wanted, set())
        found: set[Node] = set()
        queue = list(starts)
        while queue:
            node = queue.pop()
            if node in found or node in clean or node[0] not in {NAME, BODY}:
                continue
            if wanted(self, node):
                return True
            found.add(node)
            if ends is None or not ends(self, node):
                queue.extend(self.edges(node).nodes)
        clean |= found
        return False

    def _read_edges(self, node: Node) -> Edges:
        kind, module, name = node
        edges = Edges()
        if kind == NAME:
            positions = self.source(module).names[name]
            edges.nodes |= {(BODY, module, str(index)) for index in positions}
        elif kind == BODY:
            self._read_body(module, int(name), edges)
        elif kind == MODULE:
            self._read_module(module, edges)
        elif kind == WHOLE:
            self._read_whole(module, edges)
        elif kind == EVERYTHING:
            edges.nodes |= {(WHOLE, other, "") for other in self.modules}
        return edges

    def _read_body(self, module: str, index: int, edges: Edges) -> None:
        source = self.source(module)
        facts = source.facts(index)
        edges.nodes |= {(MODULE, module, ""), (FUTURE, module, "")}
        for chain in facts.all():
            edges.add(self.resolve(module, chain))
        skipped = self.flowc_decorators(module, index)
        for position, chains in enumerate(source.outline.statements[index].decorators):
            if position not in skipped:
                for chain in chains:
                    edges.add(self.resolve(module, chain))
        own = source.outline.statements[index].names
        edges.nodes -= {(NAME, module, name) for name in own if source.names[name] == [index]}
        outside = {name.removeprefix("builtins.") for name in edges.external}
        if outside & WIDENING:
            edges.nodes.add((WHOLE, module, ""))
        telling = any(facts.tells(name) for name in BOUNDLESS_ATTRIBUTES)
        if telling or any(within(name, BOUNDLESS) for name in outside):
            edges.nodes.add((EVERYTHING, "", ""))

    def _read_module(self, module: str, edges: Edges) -> None:
        """Importing a module runs its parents, its imports and its statements."""
        from flowc.passes.code.effects import has_effect
        from flowc.passes.code.purity import changed_by

        edges.nodes |= {(MODULE, name, "") for name in self._imports(module)}
        for index in range(len(self.source(module).outline.statements)):
            if has_effect(self, module, index):
                edges.nodes.add((BODY, module, str(index)))
                edges.nodes |= changed_by(self, module, index)

    def _imports(self, module: str) -> set[str]:
        """Those of the author's modules that importing this one imports first."""
        source = self.source(module)
        found: set[str] = set()
        for target in (f"{module}:", *source.outline.runs):
            head, _, tail = target.partition(":")
            dotted = source.absolute(head)
            parts = dotted.split(".")
            found |= {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
            found.add(f"{dotted}.{tail}")
        return found & set(self.modules)

    def imported_by(self, module: str) -> set[str]:
        """The author's modules that have run when this one has been imported, itself too."""
        if module not in self._imported_by:
            found: set[str] = set()
            queue = [module]
            while queue:
                name = queue.pop()
                if name not in found:
                    found.add(name)
                    queue.extend(self._imports(name))
            self._imported_by[module] = found
        return self._imported_by[module]

    def place(self, module: str, line: int) -> str:
        """``lib.py:12``, from the project's folder on."""
        if module not in self._places:
            file = str(self.modules[module].file)
            self._places[module] = project.relative(file, project.project_root(file))
        return f"{self._places[module]}:{line}"

    def _read_whole(self, module: str, edges: Edges) -> None:
        source = self.source(module)
        edges.nodes.add((MODULE, module, ""))
        edges.nodes |= {(NAME, module, name) for name in source.names}
        edges.nodes |= {
            (BODY, module, str(index)) for index in range(len(source.outline.statements))
        }
        for name, bindings in source.imported.items():
            for binding in bindings:
                target = binding.target.removesuffix("*") if name == "*" else binding.target
                edges.add(self.resolve(module, extend(target, "")))
                edges.nodes.add((IMPORTED, module, name))

    def flowc_decorators(self, module: str, index: int) -> tuple[int, ...]:
        """Positions of ``@step`` and ``@pipeline``, under whatever name they are known here."""
        statement = self.source(module).outline.statements[index]
        if statement.kind not in {FUNCTION, CLASS} or not statement.decorators:
            return ()
        return tuple(
            position
            for position, chains in enumerate(statement.decorators)
            if self._is_flowc(module, chains[0])
        )

    def _is_flowc(self, module: str, chain: str) -> bool:
        found = self.resolve(module, chain)
        return len(found.external) == 1 and all(
            name.startswith("flowc.") and name.rpartition(".")[2] in {"step", "pipeline"}
            for name in found.external
        )

    def is_definition(self, module: str, chain: str) -> bool:
        """Whether the reference leads to a step or pipeline."""
        targets = [node for node in self.resolve(module, chain).nodes if node[0] == NAME]
        bodies = [body for node in targets for body in self.edges(node).nodes]
        return bool(bodies) and all(self.flowc_decorators(b[1], int(b[2])) for b in bodies)


def within(name: str, parents: Collection[str]) -> bool:
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)
