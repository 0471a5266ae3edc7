"""From the nodes of a closure to the parts that make its digest."""

from __future__ import annotations

import hashlib
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING

from flowc.passes.code import live
from flowc.passes.code.graph import READS_DOCS, READS_SOURCE, Graph, within
from flowc.passes.code.names import BODY, CHANGED, FUTURE, IMPORTED, NAME
from flowc.passes.code.outline import CLASS, CONSTANT, FUNCTION, IMPORT, STATEMENT
from flowc.passes.code.purity import computed_by, is_standard, may_change
from flowc.passes.code.result import Code, Part

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from flowc.passes.code.names import Node


class Parts:
    """The parts of all nodes, sorted; a closure's are picked by its bits.

    ``positions`` numbers the nodes in the order of their parts. ``values`` are the globals that
    were looked at as they are here.
    """

    def __init__(self, graph: Graph, nodes: Collection[Node]) -> None:
        self.graph = graph
        self.values: dict[tuple[str, str, str], tuple[str, str]] = {}
        self._reasons: dict[Node, str] = {}
        parts = {node: self._part(node) for node in nodes}
        self._nodes = sorted(nodes, key=lambda node: (parts[node] or NO_PART, node))
        self.positions = {node: position for position, node in enumerate(self._nodes)}
        self._parts = [parts[node] or NO_PART for node in self._nodes]
        self._lines = [part_line(part) for part in self._parts]
        self._with_reason = self._mask(self._reasons)
        self._packages = {node: _packages(graph.edges(node).external) for node in nodes}
        self._with_package = self._mask(node for node in nodes if self._packages[node])
        self._bodies = [node for node in self._nodes if node[0] == BODY]
        self._docs = self._mask(node for node in nodes if self._looks_at_docs(node))
        self._texts = self._mask(node for node in nodes if self._looks_at_text(node))
        self._order = self._ordered()
        self._known: dict[tuple[str, int], Part] = {}

    def code(self, bits: int) -> Code:
        """What a closure is made of; its digest does not say yet where it starts."""
        chosen = selectors(bits)
        extra = self._order_parts(bits)
        if bits & self._docs:
            extra += self._doc_parts(bits)
        if bits & self._texts:
            extra += self._text_parts(bits)
        extra.sort()
        parts = [part for part in compress(self._parts, chosen) if part is not NO_PART]
        lines = [*compress(self._lines, chosen), *map(part_line, extra)]
        packages = {
            name for node in self._pick(bits & self._with_package) for name in self._packages[node]
        }
        reasons = sorted({self._reasons[node] for node in self._pick(bits & self._with_reason)})
        return Code(
            digest=_digest("".join(lines)),
            parts=tuple(sorted([*parts, *extra])),
            third_party=tuple(sorted(packages)),
            uncacheable="; ".join(reasons),
        )

    def handed_on(self, bits: int) -> set[Node]:
        """What code in a closure may put into its results: classes, and functions as values."""
        handed, handing = self._handed
        return {each for node in self._pick(bits & handing) for each in handed[node]}

    @cached_property
    def _handed(self) -> tuple[dict[Node, set[Node]], int]:
        """By statement, and the bits of those that hand on anything."""
        found = {node: self._handed_by(node) for node in self._bodies}
        return found, self._mask(node for node, handed in found.items() if handed)

    def _handed_by(self, node: Node) -> set[Node]:
        _, module, index = node
        source = self.graph.source(module)
        facts = source.facts(int(index))
        found: set[Node] = set()
        for chain in {*facts.eager, *facts.taken}:
            found |= {each for each in self.graph.resolve(module, chain).nodes if each[0] == NAME}
        found = {each for each in found if each in self.positions and self._is_function(each)}
        return found | {node} if source.outline.statements[int(index)].kind == CLASS else found

    def _is_function(self, node: Node) -> bool:
        _, module, name = node
        source = self.graph.source(module)
        return any(source.outline.statements[i].kind == FUNCTION for i in source.names[name])

    def _mask(self, nodes: Iterable[Node]) -> int:
        bits = 0
        for node in nodes:
            bits |= 1 << self.positions[node]
        return bits

    def _pick(self, bits: int) -> Iterator[Node]:
        """The nodes of few bits."""
        while bits:
            lowest = bits & -bits
            yield self._nodes[lowest.bit_length() - 1]
            bits ^= lowest

    def _part(self, node: Node) -> Part | None:
        kind, module, name = node
        if kind == BODY:
            return self._body_part(module, int(name))
        if kind == NAME:
            return self._value_part(node)
        if kind == CHANGED:
            return self._changed_part(node)
        if kind == IMPORTED:
            return self._import_part(node)
        return self._future_part(module) if kind == FUTURE else None

    def _body_part(self, module: str, index: int) -> Part:
        source = self.graph.source(module)
        statement = source.outline.statements[index]
        form, _ = source.form(index, self.graph.flowc_decorators(module, index))
        place = self.graph.place(module, statement.line)
        return Part(statement.kind, f"{module}.{statement.label}", place, form)

    def _value_part(self, node: Node) -> Part | None:
        """The value of a name, when what computes it looks at more than the code."""
        _, module, name = node
        source = self.graph.source(module)
        for index in source.names[name]:
            callee = computed_by(self.graph, module, index)
            if not callee:
                continue
            place = self.graph.place(module, source.outline.statements[index].line)
            digest = self._value(node, source.outline.statements[index].kind, place, callee)
            return Part("value", f"{module}.{name}", place, digest) if digest else None
        return None

    def _changed_part(self, node: Node) -> Part | None:
        """The value of a global that a statement on import changes by the world outside."""
        _, module, name = node
        source = self.graph.source(module)
        place = self.graph.place(module, source.outline.statements[source.names[name][0]].line)
        kind = STATEMENT if may_change(source.facts(source.names[name][0])) else CONSTANT
        digest = self._value(node, kind, place, "statements that look outside")
        return Part("value", f"{module}.{name}", place, digest) if digest else None

    def _value(self, node: Node, kind: str, place: str, callee: str) -> str:
        """The digest of a global's value; empty when there is none, and then often a reason."""
        _, module, name = node
        digest, problem = live.digest_value(self.graph.modules[module], name, kind)
        self.values[module, name, kind] = digest, problem
        if problem:
            where = f"{module}.{name} ({place})"
            self._reasons[node] = f"{where} is computed on import by {callee}, and {problem}"
        return digest

    def _import_part(self, node: Node) -> Part:
        """What an imported name means here, and which of several bindings comes last."""
        _, module, name = node
        source = self.graph.source(module)
        bindings = source.imported.get(name) or source.imported["*"]
        lines = [(binding.line, f"import {binding.target}") for binding in bindings]
        lines += [
            (source.outline.statements[index].line, source.outline.statements[index].kind)
            for index in source.names.get(name, ())
        ]
        place = self.graph.place(module, bindings[0].line)
        texts = [text for _, text in sorted(lines)]
        for index in sorted({binding.statement for binding in bindings} - {-1}):
            callee = computed_by(self.graph, module, index)
            if callee:
                texts.append(self._value(node, IMPORT, place, callee))
        return Part("import", f"{module}.{name}", place, _digest("\n".join(texts)))

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
        place = self.graph.place(module, found[0].line)
        return Part("import", f"{module}.__future__", place, _digest(text))

    def _looks_at_docs(self, node: Node) -> bool:
        if any(within(name, READS_DOCS) for name in self.graph.edges(node).external):
            return True
        kind, module, index = node
        return kind == BODY and self.graph.source(module).facts(int(index)).tells("__doc__")

    def _looks_at_text(self, node: Node) -> bool:
        return any(_reads_source(name) for name in self.graph.edges(node).external)

    def _doc_parts(self, bits: int) -> list[Part]:
        found: list[Part] = []
        for node in self._bodies:
            position = self.positions[node]
            _, module, index = node
            skipped = self.graph.flowc_decorators(module, int(index))
            _, docs = self.graph.source(module).form(int(index), skipped)
            if docs and bits >> position & 1:
                found.append(self._parts[position]._replace(kind="docstring", digest=docs))
        return found

    def _text_parts(self, bits: int) -> list[Part]:
        found: list[Part] = []
        for node in self._bodies:
            position = self.positions[node]
            if bits >> position & 1:
                statement = self.graph.source(node[1]).outline.statements[int(node[2])]
                part = self._parts[position]
                found.append(part._replace(kind="text", digest=statement.digest))
        return found

    def _ordered(self) -> list[tuple[str, int]]:
        """For each module the bits of statements that depend on where they stand."""
        modules: dict[str, list[Node]] = {}
        for node in self._bodies:
            if not self._is_loose(node[1], int(node[2])):
                modules.setdefault(node[1], []).append(node)
        return [(module, self._mask(nodes)) for module, nodes in sorted(modules.items())]

    def _order_parts(self, bits: int) -> list[Part]:
        """For each module the order of what depends on it: functions may move, but not these."""
        found: list[Part] = []
        for module, mask in self._order:
            chosen = bits & mask
            if chosen & (chosen - 1):  # more than one
                if (module, chosen) not in self._known:
                    self._known[module, chosen] = self._order_part(module, chosen)
                found.append(self._known[module, chosen])
        return found

    def _order_part(self, module: str, bits: int) -> Part:
        indexes = sorted(int(index) for _, _, index in self._pick(bits))
        statements = self.graph.source(module).outline.statements
        text = "\n".join(statements[index].label for index in indexes)
        place = self.graph.place(module, statements[indexes[0]].line)
        return Part("order", module, place, _digest(text))

    def _is_loose(self, module: str, index: int) -> bool:
        """Whether a statement means the same wherever it stands."""
        source = self.graph.source(module)
        statement, facts = source.outline.statements[index], source.facts(index)
        return (
            statement.kind in {FUNCTION, CONSTANT, CLASS}
            and not statement.effect
            and not facts.eager
            and not facts.called
            and len(self.graph.flowc_decorators(module, index)) == len(statement.decorators)
            and all(len(source.names[name]) == 1 for name in statement.names)
            and not any(name in source.imported for name in statement.names)
        )


NO_PART = Part("", "", "", "")
"""Of a node that only leads to others."""


ZERO_ONE = bytes.maketrans(b"01", b"\0\1")


def selectors(bits: int) -> bytes:
    """For `itertools.compress`: one byte for each bit, the lowest first."""
    return bin(bits)[:1:-1].encode().translate(ZERO_ONE)


def part_line(part: Part) -> str:
    """What a part contributes to a digest: not its place."""
    return f"{part.kind} {part.name} {part.digest}\n" if part.kind else ""


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
