"""What a statement refers to, and when: the facts that everything else is concluded from."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.passes.code.chains import chain_of
from flowc.passes.code.scopes import CALLED, EAGER, LAZY, STORED, TAKEN, Collector

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Facts:
    """What one statement refers to.

    ``taken`` are those of ``lazy`` that are not only called; ``stored`` get attributes or items.
    ``mutable`` is whether it makes a container on import.
    """

    lazy: tuple[str, ...]
    eager: tuple[str, ...]
    called: tuple[str, ...]
    taken: tuple[str, ...]
    stored: tuple[str, ...]
    attributes: tuple[str, ...]
    mutable: bool

    def all(self) -> set[str]:
        return {*self.lazy, *self.eager, *self.called}

    def tells(self, attribute: str) -> bool:
        return attribute in self.attributes or f"{attribute}!" in self.attributes


def collect(nodes: Iterable[ast.AST]) -> Facts:
    collector = Collector()
    for node in nodes:
        collector.visit(node)
    found = collector.finish()
    return Facts(
        lazy=tuple(sorted({chain for chain, when in found if when in {LAZY, TAKEN}})),
        eager=tuple(sorted(chain for chain, when in found if when == EAGER)),
        called=tuple(sorted(chain for chain, when in found if when == CALLED)),
        taken=tuple(sorted(chain for chain, when in found if when == TAKEN)),
        stored=tuple(sorted(chain for chain, when in found if when == STORED)),
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


CONSTRUCTORS = {"__init__", "__new__", "__post_init__", "__set_name__", "__init_subclass__"}


def collect_creation(node: ast.AST) -> Facts:
    """What making an object of a class does: the class's body and its constructors.

    Everything, when a constructor calls methods of the object.
    """
    if not isinstance(node, ast.ClassDef) or any(_calls_itself(below) for below in node.body):
        return collect_definition(node)
    body = [below for below in node.body if not _is_method(below) or _constructs(below)]
    reduced = copy.copy(node)
    reduced.body = body
    return collect_definition(reduced)


def collect_inheritance(node: ast.AST) -> Facts:
    """``__init_subclass__`` alone."""
    found = [each for each in getattr(node, "body", ()) if _hears_of_classes(each)]
    return collect(found)


def _hears_of_classes(node: ast.AST) -> bool:
    return _is_method(node) and getattr(node, "name", "") == "__init_subclass__"


def _is_method(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def _constructs(node: ast.AST) -> bool:
    return getattr(node, "name", "") in CONSTRUCTORS


def _calls_itself(node: ast.AST) -> bool:
    if not isinstance(node, ast.FunctionDef) or not _constructs(node):
        return False
    positional = [*node.args.posonlyargs, *node.args.args]
    own = {positional[0].arg} if positional else set[str]()
    return any(
        isinstance(below, ast.Name) and below.id in own and not isinstance(parent, ast.Attribute)
        for parent in ast.walk(node)
        for below in ast.iter_child_nodes(parent)
    ) or any(
        isinstance(below, ast.Call) and _is_method_call(below.func, own)
        for below in ast.walk(node)
    )


def _is_method_call(callee: ast.AST, own: set[str]) -> bool:
    match callee:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=attribute):
            return attribute not in CONSTRUCTORS
        case _:
            return chain_of(callee).partition(".")[0] in own
