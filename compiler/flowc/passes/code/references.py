"""What a statement refers to: read from its tree, scope by scope.

A reference is a dotted chain that starts at a name of the module (``lib.shift``), or at an import
inside the statement, written ``module:chain`` with leading dots for a relative one (``..lib:f``;
``lib:`` only imports it, ``lib:*`` takes the module as a value). Locals are left out.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LAZY, EAGER, CALLED = 0, 1, 2
"""When a reference is followed: in a function's body, on import, or called on import."""

TELLING = {
    "__doc__", "__subclasses__", "absolute", "cwd", "environ", "exists", "expandvars", "getenv",
    "getpass", "getsize", "getmtime", "getuser", "glob", "home", "is_dir", "is_file", "isdir",
    "isfile", "iterdir", "listdir", "now", "open", "perf_counter", "read", "read_bytes",
    "read_text", "readline", "readlines", "recv", "rglob", "scandir", "stat", "today", "utcnow",
    "walk",
}  # fmt: skip
"""Attributes that say something of a statement, whatever they are taken from; with ``!`` when
that happens on import. ``global`` and ``__init_subclass__`` stand for the statement and method."""

UNKNOWN = "?"
"""Stands for a callee that no name leads to, such as ``table[key](…)``."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one statement refers to; ``mutable`` is whether it makes a container on import."""

    lazy: tuple[str, ...]
    eager: tuple[str, ...]
    called: tuple[str, ...]
    attributes: tuple[str, ...]
    mutable: bool

    def all(self) -> set[str]:
        return {*self.lazy, *self.eager, *self.called}

    def tells(self, attribute: str) -> bool:
        return attribute in self.attributes or f"{attribute}!" in self.attributes


class Scope:
    """A function, class or comprehension while it is read; ``bound`` maps to import targets."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.loads: set[tuple[str, int]] = set()
        self.bound: dict[str, list[str]] = {}
        self.outside: set[str] = set()


def collect(nodes: Iterable[ast.AST]) -> Facts:
    collector = _Collector()
    for node in nodes:
        collector.visit(node)
    found = collector.finish()
    return Facts(
        lazy=tuple(sorted(chain for chain, when in found if when == LAZY)),
        eager=tuple(sorted(chain for chain, when in found if when == EAGER)),
        called=tuple(sorted(chain for chain, when in found if when == CALLED)),
        attributes=tuple(sorted(collector.attributes)),
        mutable=collector.mutable,
    )


def collect_definition(node: ast.AST) -> Facts:
    """The facts of a top-level statement without its decorators, which may be flowc's."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        decorators, node.decorator_list = node.decorator_list, []
        try:
            return collect([node])
        finally:
            node.decorator_list = decorators
    return collect([node])


def chain_of(node: ast.AST) -> str:
    """``a.b.c`` for names and their attributes, empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def import_bindings(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str]]:
    """Each name that the import binds (``*`` for all) with its target."""
    if isinstance(node, ast.Import):
        return [
            (alias.asname, f"{alias.name}:")
            if alias.asname
            else (alias.name.partition(".")[0], f"{alias.name.partition('.')[0]}:")
            for alias in node.names
        ]
    base = "." * node.level + (node.module or "")
    return [(alias.asname or alias.name, f"{base}:{alias.name}") for alias in node.names]


def imported_modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Targets for what the import runs, without taking anything from it."""
    if isinstance(node, ast.Import):
        return [f"{alias.name}:" for alias in node.names]
    return [f"{'.' * node.level}{node.module or ''}:"]


class _Collector:
    def __init__(self) -> None:
        self.scopes = [Scope("module")]
        self.lazy = 0
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
        self.scopes[-1].loads.add((chain, LAZY if self.lazy else when))

    def bind(self, name: str, target: str = "") -> None:
        if target:
            self.scopes[-1].bound.setdefault(name, []).append(target)
        else:
            self.scopes[-1].bound.setdefault(name, [])

    def enter(self, kind: str) -> None:
        self.scopes.append(Scope(kind))
        self.lazy += kind == "function"

    def leave(self) -> None:
        """Hand on what the scope does not bind itself."""
        scope = self.scopes.pop()
        self.lazy -= scope.kind == "function"
        above = self.scopes[-1]
        for chain, when in scope.loads:
            root, _, rest = chain.partition(".")
            if ":" in chain or root in scope.outside:
                self.scopes[0].loads.add((chain, when))
                continue
            targets = scope.bound.get(root)
            for target in targets or ():
                self.scopes[0].loads.add((_extend(target, rest), when))
            if targets is None or scope.kind == "class":
                above.loads.add((chain, when))

    def visit_name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.load(node.id, EAGER)
        else:
            self.bind(node.id)
        self._tell(node.id)

    def visit_attribute(self, node: ast.Attribute) -> None:
        self._note(node)
        chain = chain_of(node)
        if chain:
            self.load(chain, EAGER)
        else:
            self.visit(_root(node))

    def _note(self, node: ast.AST) -> None:
        while isinstance(node, ast.Attribute):
            self._tell(node.attr)
            node = node.value

    def _tell(self, name: str) -> None:
        if name in TELLING:
            self.attributes.add(name if self.lazy else f"{name}!")

    def visit_call(self, node: ast.Call) -> None:
        chain = chain_of(node.func)
        constant = _imported_text(node, chain)
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
        self.enter("function")
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
                self.load(_extend(target, ""), EAGER)
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


def _root(node: ast.AST) -> ast.AST:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*found, *(arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None)]


def _extend(target: str, rest: str) -> str:
    """``a:b`` and ``c.d`` are ``a:b.c.d``; a module without an attribute is a value."""
    head, _, tail = target.partition(":")
    return f"{head}:{'.'.join(part for part in (tail, rest) if part) or '*'}"


def _imported_text(node: ast.Call, chain: str) -> str:
    """The module of ``import_module("…")``, when it is written there."""
    if chain.rpartition(".")[2] not in {"import_module", "__import__"} or len(node.args) != 1:
        return ""
    match node.args[0]:
        case ast.Constant(value=str() as name) if name and not name.startswith("."):
            return name
        case _:
            return ""


_HANDLERS: dict[type[ast.AST], Callable[[_Collector, Any], None]] = {
    ast.AnnAssign: _Collector.visit_annotated,
    ast.AsyncFunctionDef: _Collector.visit_function,
    ast.Attribute: _Collector.visit_attribute,
    ast.Call: _Collector.visit_call,
    ast.ClassDef: _Collector.visit_class,
    ast.Constant: lambda _collector, _node: None,
    ast.Dict: _Collector.visit_container,
    ast.DictComp: _Collector.visit_comprehension,
    ast.ExceptHandler: _Collector.visit_captured,
    ast.FunctionDef: _Collector.visit_function,
    ast.GeneratorExp: _Collector.visit_comprehension,
    ast.Global: _Collector.visit_outside,
    ast.Import: _Collector.visit_import,
    ast.ImportFrom: _Collector.visit_import,
    ast.Lambda: _Collector.visit_lambda,
    ast.List: _Collector.visit_container,
    ast.ListComp: _Collector.visit_comprehension,
    ast.MatchAs: _Collector.visit_captured,
    ast.MatchMapping: _Collector.visit_captured,
    ast.MatchStar: _Collector.visit_captured,
    ast.Name: _Collector.visit_name,
    ast.NamedExpr: _Collector.visit_walrus,
    ast.Nonlocal: _Collector.visit_nonlocal,
    ast.Set: _Collector.visit_container,
    ast.SetComp: _Collector.visit_comprehension,
}
