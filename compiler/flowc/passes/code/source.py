"""One module as the digest sees it: its outline, and the facts and forms of what is reached.

Everything is read when it is asked for, and kept on disk by the digest of what it was read from.
"""

from __future__ import annotations

import hashlib
import io
import tokenize
from typing import TYPE_CHECKING, Any

from flowc.passes.code.form import digest_form
from flowc.passes.code.memory import MEMORY
from flowc.passes.code.mutation import (
    ANYTHING,
    Mutation,
    misnamed,
    of_factory,
    of_given,
    of_result,
    of_taken,
    returns_plain,
)
from flowc.passes.code.outline import (
    Import,
    Outline,
    Statement,
    evaluated,
    read_outline,
    segment,
)
from flowc.passes.code.references import (
    Facts,
    collect_creation,
    collect_definition,
    collect_inheritance,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Sequence

    from flowc.trace.modules import Module


class Source:
    """A first-party module; ``names`` and ``imported`` say which statements bind a name."""

    def __init__(self, module: Module) -> None:
        self.name = module.name
        self.is_package = module.file.name == "__init__.py"
        self._module = module
        self._lines: list[bytes] | None = None
        self._nodes: dict[tuple[int, int], ast.stmt] | None = None
        self._read: dict[str, Facts] = {}
        self._changed = False
        kept = MEMORY.load(str(module.file))
        digest = hashlib.sha256(module.source).hexdigest()
        self._facts: dict[str, Any] = kept.get("facts", {})
        self._forms: dict[str, Any] = kept.get("forms", {})
        self.outline = self._outline(kept, digest)
        self._digest = digest
        self.names: dict[str, list[int]] = {}
        for index, statement in enumerate(self.outline.statements):
            for name in statement.names:
                self.names.setdefault(name, []).append(index)
        self.imported: dict[str, list[Import]] = {}
        for binding in self.outline.imports:
            self.imported.setdefault(binding.name, []).append(binding)

    def binds(self, name: str) -> bool:
        return name in self.names or name in self.imported

    def absolute(self, head: str) -> str:
        """The dotted name of a module as an import in this one writes it."""
        module = head.lstrip(".")
        level = len(head) - len(module)
        if not level:
            return module
        parts = self.name.split(".")
        parts = parts[: len(parts) - level + self.is_package]
        return ".".join([*parts, *([module] if module else [])])

    def facts(self, index: int) -> Facts:
        return self._fact(index, "", collect_definition)

    def creation(self, index: int) -> Facts:
        """What making an object does, when the statement defines a class."""
        return self._fact(index, " creation", collect_creation)

    def inheritance(self, index: int) -> Facts:
        """What a class does when a class is derived from it."""
        return self._fact(index, " inheritance", collect_inheritance)

    def given(self, index: int) -> Mutation:
        """What a function or the methods of a class may do to their arguments."""
        return self._mutation(index, " given", of_given)

    def given_result(self, index: int) -> Mutation:
        """The same where the result of a function is called as well: ``patch(1)(Model)``."""
        return self._mutation(index, " given result", of_result)

    def given_factory(self, index: int) -> Mutation:
        """The same where the result decorates: ``@patch(Model)``."""
        return self._mutation(index, " given factory", of_factory)

    def taken(self, index: int) -> Mutation:
        """What a function may do to what it takes from elsewhere."""
        return self._mutation(index, " taken", lambda node: of_taken([node]))

    def met(self, index: int) -> Mutation:
        """What the import of a statement may itself do to what its names lead to."""
        return self._mutation(index, " met", lambda node: of_taken(evaluated(node)))

    def is_plain(self, index: int) -> bool:
        """Whether nobody can change what a function returns, or a class's decorated methods."""
        key = f"{self.outline.statements[index].digest} plain"
        if key not in self._facts:
            try:
                self._facts[key] = returns_plain(self._node(index))
            except RecursionError:  # an expression of hundreds of terms
                self._facts[key] = False
            self._changed = True
        return bool(self._facts[key])

    def misnamed(self, index: int) -> Sequence[str]:
        """The methods of a class that change its object, though their names say that they read."""
        key = f"{self.outline.statements[index].digest} misnamed"
        if key not in self._facts:
            self._facts[key] = misnamed(self._node(index))
            self._changed = True
        found: Sequence[str] = self._facts[key]
        return found

    def _mutation(self, index: int, what: str, read: Callable[[ast.stmt], Mutation]) -> Mutation:
        key = f"{self.outline.statements[index].digest}{what}"
        if key not in self._facts:
            try:
                self._facts[key] = list(read(self._node(index)))
            except RecursionError:  # an expression of hundreds of terms
                self._facts[key] = list(ANYTHING)
            self._changed = True
        return Mutation(*self._facts[key])

    def _fact(self, index: int, what: str, read: Callable[[ast.AST], Facts]) -> Facts:
        key = f"{self.outline.statements[index].digest}{what}"
        if key not in self._read:
            if key not in self._facts:
                found = read(self._node(index))
                self._facts[key] = [
                    found.lazy, found.eager, found.called, found.taken, found.stored,
                    found.attributes, found.mutable,
                ]  # fmt: skip
                self._changed = True
            lazy, eager, called, taken, stored, attributes, mutable = self._facts[key]
            self._read[key] = Facts(
                tuple(lazy), tuple(eager), tuple(called), tuple(taken), tuple(stored),
                tuple(attributes), mutable,
            )  # fmt: skip
        return self._read[key]

    def form(self, index: int, skipped: tuple[int, ...]) -> tuple[str, str]:
        """Digests of the statement's normal form and of its docstrings."""
        statement = self.outline.statements[index]
        key = " ".join([statement.digest, *map(str, skipped)])
        if key not in self._forms:
            self._forms[key] = digest_form(segment(self._text(), statement.span), skipped)
            self._changed = True
        form, docs = self._forms[key]
        return form, docs

    def save(self) -> None:
        """Keep what was read, without what earlier versions of the module left."""
        if not self._changed:
            return
        current = {statement.digest for statement in self.outline.statements}
        facts = {
            key: value for key, value in self._facts.items() if key.partition(" ")[0] in current
        }
        forms = {
            key: value for key, value in self._forms.items() if key.partition(" ")[0] in current
        }
        kept = {"source": self._digest, "outline": _pack(self.outline), "facts": facts}
        MEMORY.save(str(self._module.file), {**kept, "forms": forms})

    def _outline(self, kept: dict[str, Any], digest: str) -> Outline:
        if kept.get("source") == digest:
            return _unpack(kept["outline"])
        self._changed = True
        return read_outline(self._module.tree, self._text())

    def _text(self) -> list[bytes]:
        """Lines as Python reads them, in UTF-8."""
        if self._lines is None:
            source = self._module.source
            encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
            text = source.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
            self._lines = text.encode("utf-8", "surrogatepass").split(b"\n")
        return self._lines

    def _node(self, index: int) -> ast.stmt:
        if self._nodes is None:
            self._nodes = {
                (node.end_lineno or 0, node.end_col_offset or 0): node
                for node in self._module.tree.body
            }
        return self._nodes[self.outline.statements[index].span[2:]]


def _pack(outline: Outline) -> list[Any]:
    return [
        [
            [
                s.kind,
                s.label,
                s.names,
                s.effect,
                s.span,
                s.decorators,
                s.calls,
                s.bases,
                s.metaclass,
                s.made,
                s.digest,
            ]
            for s in outline.statements
        ],
        [[i.name, i.target, i.line, i.statement] for i in outline.imports],
        outline.runs,
        outline.offered,
    ]


def _unpack(packed: list[Any]) -> Outline:
    statements, imports, runs, offered = packed
    return Outline(
        tuple(
            Statement(
                kind, label, tuple(names), effect, tuple(span),
                tuple(map(tuple, decorators)), tuple(calls), tuple(bases), metaclass, made, digest,
            )
            for (
                kind, label, names, effect, span, decorators, calls, bases, metaclass, made, digest
            ) in statements
        ),
        tuple(Import(*item) for item in imports),
        tuple(runs),
        None if offered is None else tuple(offered),
    )  # fmt: skip
