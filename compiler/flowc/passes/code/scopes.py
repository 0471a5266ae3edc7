"""Reads a statement's tree scope by scope: what it loads from outside its own locals."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from flowc.passes.code.chains import (
    UNKNOWN,
    chain_of,
    extend,
    import_bindings,
    imported_modules,
    imported_text,
    root_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LAZY, EAGER, CALLED, TAKEN, STORED = 0, 1, 2, 3, 4
"""When a reference is followed: called in a function's body, on import, called on import, or by
what could be a value: taken without a call, or in a function inside another. The last is of what
gets an attribute or an item, whenever.
"""

TELLING = {
    "__doc__", "__globals__", "__subclasses__", "environ", "exists", "expandvars", "f_globals",
    "getenv", "getpass", "getsize", "getmtime", "getuser", "glob", "is_dir", "is_file", "isdir",
    "isfile", "iterdir", "listdir", "now", "open", "perf_counter", "read", "read_bytes",
    "read_text", "readline", "readlines", "recv", "rglob", "scandir", "stat", "today", "utcnow",
    "walk",
}  # fmt: skip
"""Attributes that say something of a statement, whatever they are taken from; with ``!`` when
that happens on import. ``global`` and ``__init_subclass__`` stand for the statement and method."""


class Scope:
    """A function, class or comprehension while it is read; ``bound`` maps to import targets.

    ``inside`` is whether it is a function that a value could be: what it calls goes with it.
    """

    def __init__(self, kind: str, *, inside: bool = False) -> None:
        self.kind = kind
        self.inside = inside
        self.loads: set[tuple[str, int]] = set()
        self.bound: dict[str, list[str]] = {}
        self.outside: set[str] = set()


class Collector:
    def __init__(self) -> None:
        self.scopes = [Scope("module")]
        self.lazy = 0
        self.nested = 0
        self.attributes: set[str] = set()
        self.mutable = False

    def finish(self) -> set[tuple[str, int]]:
        return self.scopes[0].loads

    def visit(self, node: ast.AST) -> None:
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            handler(self, node)
        else:
            self.visit_children(node)

    def visit_children(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                self.visit_all(value)  # pyright: ignore[reportUnknownArgumentType]
            elif isinstance(value, ast.AST):
                self.visit(value)

    def visit_all(self, nodes: list[Any]) -> None:
        for node in nodes:
            if isinstance(node, ast.AST):
                self.visit(node)

    def load(self, chain: str, when: int) -> None:
        if self.lazy:
            when = LAZY if when == CALLED and not self.nested else TAKEN
        self.scopes[-1].loads.add((chain, when))

    def bind(self, name: str, target: str = "") -> None:
        if target:
            self.scopes[-1].bound.setdefault(name, []).append(target)
        else:
            self.scopes[-1].bound.setdefault(name, [])

    def enter(self, kind: str) -> None:
        inside = kind == "lambda" or (kind == "function" and self.lazy > 0)
        self.scopes.append(Scope(kind, inside=inside))
        self.lazy += kind in {"function", "lambda"}
        self.nested += inside

    def leave(self) -> None:
        """Hand on what the scope does not bind itself."""
        scope = self.scopes.pop()
        self.lazy -= scope.kind in {"function", "lambda"}
        self.nested -= scope.inside
        above = self.scopes[-1]
        for chain, when in scope.loads:
            root, _, rest = chain.partition(".")
            if ":" in chain or root in scope.outside:
                self.scopes[0].loads.add((chain, when))
                continue
            targets = scope.bound.get(root)
            for target in targets or ():
                self.scopes[0].loads.add((extend(target, rest), when))
            if targets is None or scope.kind == "class":
                above.loads.add((chain, when))

    def visit_name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.load(node.id, EAGER)
        else:
            self.bind(node.id)
        if node.id == "__doc__":
            self._tell(node.id)

    def visit_attribute(self, node: ast.Attribute) -> None:
        self._note(node)
        chain = chain_of(node)
        if chain:
            self.load(chain, EAGER)
        else:
            self.visit(root_of(node))
        if not isinstance(node.ctx, ast.Load):
            self._store(chain)

    def visit_subscript(self, node: ast.Subscript) -> None:
        self.visit_children(node)
        if not isinstance(node.ctx, ast.Load):
            place: ast.AST = node.value
            while isinstance(place, ast.Subscript):
                place = place.value
            self._store(chain_of(place))

    def _store(self, chain: str) -> None:
        """Of what a call returns nobody knows whose it is."""
        self.scopes[-1].loads.add((chain or UNKNOWN, STORED))

    def _note(self, node: ast.AST) -> None:
        while isinstance(node, ast.Attribute):
            self._tell(node.attr)
            node = node.value

    def _tell(self, name: str) -> None:
        if name in TELLING:
            self.attributes.add(name if self.lazy else f"{name}!")

    def visit_call(self, node: ast.Call) -> None:
        chain = chain_of(node.func)
        constant = imported_text(node, chain)
        if constant:
            self.load(f"{constant}:*", EAGER)
        elif chain:
            self._note(node.func)
            self.load(chain, CALLED)
        else:
            if not isinstance(node.func, ast.Attribute):
                self.load(UNKNOWN, CALLED)
            self.visit(node.func)
        self.visit_all(node.args)
        self.visit_all(node.keywords)

    def visit_function(self, node: Any) -> None:
        self.bind(node.name)
        if node.name == "__init_subclass__":
            self.attributes.add(node.name)
        self.visit_decorators(node.decorator_list)
        self._defaults(node.args)
        self.visit_all(getattr(node, "type_params", []))
        if node.returns is not None:
            self.visit_annotation(node.returns)
        self._annotations(node.args)
        self.enter("function")
        self._bind_arguments(node.args)
        self.visit_all(node.body)
        self.leave()

    def visit_decorators(self, nodes: list[Any]) -> None:
        """They are called on import, but for a function and not for a value."""
        self.lazy += 1
        self.visit_all(nodes)
        self.lazy -= 1

    def visit_lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        self.enter("lambda")
        self._bind_arguments(node.args)
        self.visit(node.body)
        self.leave()

    def visit_class(self, node: ast.ClassDef) -> None:
        self.bind(node.name)
        self.visit_decorators(node.decorator_list)
        self.visit_all(node.bases)
        self.visit_all(node.keywords)
        self.visit_all(getattr(node, "type_params", []))
        self.enter("class")
        self.visit_all(node.body)
        self.leave()

    def visit_comprehension(self, node: Any) -> None:
        """The first iterable belongs to the scope outside."""
        self.mutable = self.mutable or not self.lazy
        first = node.generators[0]
        self.visit(first.iter)
        self.enter("comprehension")
        for generator in node.generators:
            self.visit(generator.target)
            if generator is not first:
                self.visit(generator.iter)
            self.visit_all(generator.ifs)
        for name in ("elt", "key", "value"):
            if getattr(node, name, None) is not None:
                self.visit(getattr(node, name))
        self.leave()

    def visit_walrus(self, node: ast.NamedExpr) -> None:
        scope = next(s for s in reversed(self.scopes) if s.kind != "comprehension")
        scope.bound.setdefault(node.target.id, [])
        self.visit(node.value)

    def visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, target in import_bindings(node):
            self.bind(name, target)
            if self.scopes[-1].kind == "class":
                self.load(extend(target, ""), EAGER)
        for target in imported_modules(node):
            self.load(target, EAGER)

    def visit_outside(self, node: ast.Global) -> None:
        """What a function assigns elsewhere is reached through it too."""
        self.scopes[-1].outside.update(node.names)
        self.attributes.add("global")
        for name in node.names:
            self.load(name, EAGER)

    def visit_nonlocal(self, node: ast.Nonlocal) -> None:
        """Leave the name to the function outside; what is bound here is no other variable."""
        for name in node.names:
            self.load(name, EAGER)

    def visit_captured(self, node: Any) -> None:
        """``except … as``, and captures of ``match``."""
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if name:
            self.bind(name)
        self.visit_children(node)

    def visit_annotated(self, node: ast.AnnAssign) -> None:
        self.visit_annotation(node.annotation)
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_container(self, node: ast.AST) -> None:
        self.mutable = self.mutable or not self.lazy
        self.visit_children(node)

    def visit_annotation(self, node: ast.AST) -> None:
        """Also inside quotes."""
        self.lazy += 1
        for below in ast.walk(node):
            if isinstance(below, ast.Constant) and isinstance(below.value, str):
                try:
                    self.visit(ast.parse(below.value, mode="eval").body)
                except (SyntaxError, ValueError):
                    continue
        self.visit(node)
        self.lazy -= 1

    def _defaults(self, arguments: ast.arguments) -> None:
        self.visit_all(arguments.defaults)
        self.visit_all([default for default in arguments.kw_defaults if default is not None])

    def _annotations(self, arguments: ast.arguments) -> None:
        for argument in _arguments(arguments):
            if argument.annotation is not None:
                self.visit_annotation(argument.annotation)

    def _bind_arguments(self, arguments: ast.arguments) -> None:
        for argument in _arguments(arguments):
            self.bind(argument.arg)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*found, *(arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None)]


_HANDLERS: dict[type[ast.AST], Callable[[Collector, Any], None]] = {
    ast.AnnAssign: Collector.visit_annotated,
    ast.AsyncFunctionDef: Collector.visit_function,
    ast.Attribute: Collector.visit_attribute,
    ast.Call: Collector.visit_call,
    ast.ClassDef: Collector.visit_class,
    ast.Constant: lambda _collector, _node: None,
    ast.Dict: Collector.visit_container,
    ast.DictComp: Collector.visit_comprehension,
    ast.ExceptHandler: Collector.visit_captured,
    ast.FunctionDef: Collector.visit_function,
    ast.GeneratorExp: Collector.visit_comprehension,
    ast.Global: Collector.visit_outside,
    ast.Import: Collector.visit_import,
    ast.ImportFrom: Collector.visit_import,
    ast.Lambda: Collector.visit_lambda,
    ast.List: Collector.visit_container,
    ast.ListComp: Collector.visit_comprehension,
    ast.MatchAs: Collector.visit_captured,
    ast.MatchMapping: Collector.visit_captured,
    ast.MatchStar: Collector.visit_captured,
    ast.Name: Collector.visit_name,
    ast.NamedExpr: Collector.visit_walrus,
    ast.Nonlocal: Collector.visit_nonlocal,
    ast.Set: Collector.visit_container,
    ast.SetComp: Collector.visit_comprehension,
    ast.Subscript: Collector.visit_subscript,
}
