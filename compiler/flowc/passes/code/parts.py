"""From the nodes of a closure to the parts that make its digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flowc.passes.code import live
from flowc.passes.code.graph import (
    BODY,
    FUTURE,
    IMPORTED,
    NAME,
    READS_DOCS,
    READS_SOURCE,
    Graph,
    within,
)
from flowc.passes.code.outline import CLASS, CONSTANT, FUNCTION
from flowc.passes.code.purity import computed_by, is_standard
from flowc.passes.code.result import Part
from flowc.trace import project

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowc.passes.code.graph import Node


class Reader:
    """Remembers each node's part, since many steps share them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._parts: dict[Node, Part | None] = {}
        self._reasons: dict[Node, str] = {}
        self._places: dict[str, str] = {}
        self._loose: dict[tuple[str, int], bool] = {}

    def read(self, nodes: Sequence[Node]) -> tuple[tuple[Part, ...], tuple[str, ...], str]:
        """Parts, packages of others, and what makes the digest say too little."""
        found = [self._part(node) for node in nodes]
        parts = [part for part in found if part is not None]
        bodies = [(module, int(index)) for kind, module, index in nodes if kind == BODY]
        outside: set[str] = set()
        for node in nodes:
            outside |= self.graph.edges(node).external
        if self._looks_at_docs(bodies, outside):
            parts += self._doc_parts(bodies)
        if any(_reads_source(name) for name in outside):
            parts += self._source_parts(bodies)
        parts += self._order_parts(bodies)
        reasons = sorted({self._reasons[node] for node in nodes if node in self._reasons})
        return tuple(sorted(parts)), _packages(outside), "; ".join(reasons)

    def _part(self, node: Node) -> Part | None:
        if node not in self._parts:
            kind, module, name = node
            self._parts[node] = None
            if kind == BODY:
                self._parts[node] = self._body_part(module, int(name))
            elif kind == NAME:
                self._parts[node] = self._value_part(node)
            elif kind == IMPORTED:
                self._parts[node] = self._import_part(module, name)
            elif kind == FUTURE:
                self._parts[node] = self._future_part(module)
        return self._parts[node]

    def _body_part(self, module: str, index: int) -> Part:
        source = self.graph.source(module)
        statement = source.outline.statements[index]
        form, _ = source.form(index, self.graph.flowc_decorators(module, index))
        place = self._place(module, statement.line)
        return Part(statement.kind, f"{module}.{statement.label}", place, form)

    def _value_part(self, node: Node) -> Part | None:
        """The value of a name, when what computes it looks at more than the code."""
        _, module, name = node
        source = self.graph.source(module)
        for index in source.names[name]:
            callee = computed_by(self.graph, module, index)
            if not callee:
                continue
            place = self._place(module, source.outline.statements[index].line)
            try:
                digest = live.digest_value(self.graph.modules[module], name)
            except live.Unknown as error:
                self._reasons[node] = (
                    f"{module}.{name} ({place}) is computed on import by {callee}, and {error}"
                )
                return None
            return Part("value", f"{module}.{name}", place, digest) if digest else None
        return None

    def _import_part(self, module: str, name: str) -> Part:
        """What an imported name means here, and which of several bindings comes last."""
        source = self.graph.source(module)
        bindings = source.imported.get(name) or source.imported["*"]
        lines = [(binding.line, f"import {binding.target}") for binding in bindings]
        lines += [
            (source.outline.statements[index].line, source.outline.statements[index].kind)
            for index in source.names.get(name, ())
        ]
        text = "\n".join(text for _, text in sorted(lines))
        place = self._place(module, bindings[0].line)
        return Part("import", f"{module}.{name}", place, _digest(text))

    def _future_part(self, module: str) -> Part | None:
        found = [
            binding
            for bindings in self.graph.source(module).imported.values()
            for binding in bindings
            if binding.target.startswith("__future__:")
        ]
        if not found:
            return None
        text = "\n".join(sorted(binding.target for binding in found))
        place = self._place(module, found[0].line)
        return Part("import", f"{module}.__future__", place, _digest(text))

    def _looks_at_docs(self, bodies: Iterable[tuple[str, int]], outside: set[str]) -> bool:
        return any(within(name, READS_DOCS) for name in outside) or any(
            self.graph.source(module).facts(index).tells("__doc__") for module, index in bodies
        )

    def _doc_parts(self, bodies: Iterable[tuple[str, int]]) -> list[Part]:
        found: list[Part] = []
        for module, index in bodies:
            source = self.graph.source(module)
            _, docs = source.form(index, self.graph.flowc_decorators(module, index))
            if docs:
                part = self._body_part(module, index)
                found.append(Part("docstring", part.name, part.place, docs))
        return found

    def _source_parts(self, bodies: Iterable[tuple[str, int]]) -> list[Part]:
        found: list[Part] = []
        for module, index in bodies:
            part = self._body_part(module, index)
            digest = self.graph.source(module).outline.statements[index].digest
            found.append(Part("text", part.name, part.place, digest))
        return found

    def _order_parts(self, bodies: Iterable[tuple[str, int]]) -> list[Part]:
        """For each module the order of what depends on it: functions may move, but not these."""
        ordered: dict[str, list[int]] = {}
        for module, index in bodies:
            if not self._is_loose(module, index):
                ordered.setdefault(module, []).append(index)
        found: list[Part] = []
        for module, indexes in ordered.items():
            if len(indexes) > 1:
                statements = self.graph.source(module).outline.statements
                text = "\n".join(statements[index].label for index in sorted(indexes))
                place = self._place(module, statements[min(indexes)].line)
                found.append(Part("order", module, place, _digest(text)))
        return found

    def _is_loose(self, module: str, index: int) -> bool:
        """Whether a statement means the same wherever it stands."""
        key = (module, index)
        if key not in self._loose:
            source = self.graph.source(module)
            statement, facts = source.outline.statements[index], source.facts(index)
            skipped = self.graph.flowc_decorators(module, index)
            self._loose[key] = (
                statement.kind in {FUNCTION, CONSTANT, CLASS}
                and not statement.effect
                and not facts.eager
                and not facts.called
                and len(skipped) == len(statement.decorators)
                and all(len(source.names[name]) == 1 for name in statement.names)
                and not any(name in source.imported for name in statement.names)
            )
        return self._loose[key]

    def _place(self, module: str, line: int) -> str:
        if module not in self._places:
            file = str(self.graph.modules[module].file)
            self._places[module] = project.relative(file, project.project_root(file))
        return f"{self._places[module]}:{line}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _reads_source(name: str) -> bool:
    if within(name, {"linecache"}) or name == "inspect":
        return True
    return name.partition(".")[0] == "inspect" and name.rpartition(".")[2] in READS_SOURCE


def _packages(outside: Iterable[str]) -> tuple[str, ...]:
    """Top-level names of what is neither Python's nor flowc's."""
    ours = {"builtins", "flowc", "flowc_backends", "flowc_runtime", "flowc_templates"}
    tops = {name.partition(".")[0] for name in outside} - ours - {""}
    return tuple(sorted(top for top in tops if not is_standard(top)))
