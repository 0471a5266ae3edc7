"""What code binds, and what it does to objects, as one list for all its scopes.

Names say who is meant often enough: what is told too much costs a miss, too little a stale hit.
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING

from flowc.passes.code.chains import chain_of, import_bindings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    Definition = ast.FunctionDef | ast.AsyncFunctionDef

CHANGING = {
    "__delitem__", "__setitem__", "add", "append", "appendleft", "clear", "discard", "extend",
    "insert", "pop", "popitem", "popleft", "remove", "reverse", "setdefault", "sort", "update",
}  # fmt: skip
"""Methods that change what they are taken from, whoever calls them later."""

WRAPPING = {"update_wrapper", "wraps"}


class Actions:
    """What is bound and what is done, in code that runs when its outermost function does.

    ``given`` and ``inner`` are the arguments of that function and of those inside, with 1 for
    those that hold what was given: ``*args``. With ``returned`` functions inside that it returns
    run as well: somebody calls its result.
    """

    def __init__(self, nodes: Iterable[ast.AST], *, returned: bool = False) -> None:
        self.given: dict[str, int] = {}
        self.inner: dict[str, int] = {}
        self.selves: set[str] = set()
        self.bound: set[str] = set()
        self.elsewhere: set[str] = set()
        self.assigned: list[tuple[ast.expr, ast.expr]] = []
        self.added: list[tuple[ast.expr, ast.expr]] = []
        self.iterated: list[tuple[ast.expr, ast.expr]] = []
        self.captured: list[tuple[str, ast.expr]] = []
        self.returned: list[tuple[str, ast.expr]] = []
        self.attributes: list[ast.expr] = []
        self.contents: list[ast.expr] = []
        self.calls: list[ast.Call] = []
        self._runs_returned = returned
        self._functions: list[Definition] = []
        self._run: set[str] = set()
        self._callees: set[int] = set()
        for node in nodes:
            self._outermost(node)
        self._read_inner()

    def _outermost(self, node: ast.AST) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._read_function(node)
            case ast.Assign(value=ast.Lambda(args=args, body=body)):
                self._bind_arguments(args, self.given)
                self._read(body)
            case _:
                self._read(node)

    def _read_function(self, node: Definition) -> None:
        self._bind_arguments(node.args, self.given)
        self._read_all(_renamed(node.body, self.given))

    def _read_class(self, node: ast.ClassDef) -> None:
        for below in node.body:
            if isinstance(below, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._read_method(below)
            else:
                self._read(below)
                self._class_attribute(below)

    def _read_method(self, node: Definition) -> None:
        positional = [*node.args.posonlyargs, *node.args.args]
        static = any(chain_of(each) == "staticmethod" for each in node.decorator_list)
        if positional and not static:
            self.selves.add(positional[0].arg)
        self._read_function(node)

    def _class_attribute(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                own = ast.Attribute(ast.Name("self", ast.Load()), name, ast.Store())
                self.assigned.append((own, value))
            case _:
                return

    def _read_inner(self) -> None:
        """Functions inside run when they are called or given to somebody."""
        waiting = self._functions
        while waiting:
            running = [each for each in waiting if each.name in self._run]
            if not running:
                return
            self._functions = [each for each in waiting if each.name not in self._run]
            for each in running:
                self._bind_arguments(each.args, self.inner)
                self._read_all(each.body)
                for below in ast.walk(each):
                    if isinstance(below, ast.Return) and below.value is not None:
                        self.returned.append((each.name, below.value))
            waiting = self._functions

    def _bind_arguments(self, arguments: ast.arguments, given: dict[str, int]) -> None:
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        packed = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
        given |= {each.arg: 0 for each in every} | {each.arg: 1 for each in packed}
        self.bound |= {each.arg for each in (*every, *packed)}

    def _read_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self._read(node)

    def _read(self, node: ast.AST) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.bound.add(node.name)
                self._functions.append(node)
                self._read_all(node.decorator_list)
                if any(last_name(_callee(each)) not in WRAPPING for each in node.decorator_list):
                    self._run.add(node.name)
            case ast.ClassDef():
                self.bound.add(node.name)
                self._read_all(node.decorator_list)
                self._read_class(node)
            case ast.Lambda(args=args):
                self._bind_arguments(args, self.inner)
                self._read_all(ast.iter_child_nodes(node))
            case ast.Import() | ast.ImportFrom():
                self.elsewhere |= {name for name, _ in import_bindings(node)}
            case ast.Return(value=ast.Name(id=name)) if self._runs_returned:
                self._run.add(name)
            case ast.Global(names=names):
                self.elsewhere.update(names)
            case _:
                self._note(node)
                self._read_all(_below(node))

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                self.assigned += [(target, value) for target in targets]
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.NamedExpr(target=target, value=value)
                | ast.withitem(context_expr=value, optional_vars=ast.expr() as target)
            ):
                self.assigned.append((target, value))
            case ast.AugAssign(target=target, value=value):
                self.added.append((target, value))
                self.contents.append(target)
            case (
                ast.For(target=target, iter=source)
                | ast.AsyncFor(target=target, iter=source)
                | ast.comprehension(target=target, iter=source)
            ):
                self.iterated.append((target, source))
            case ast.Match(subject=subject):
                self.captured += [(name, subject) for name in _captures(node)]
            case _:
                self._note_part(node)

    def _note_part(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                self._run.add(name)
            case ast.Name(id=name):
                self.bound.add(name)
            case ast.Attribute(value=place, ctx=ast.Store() | ast.Del()):
                self.attributes.append(place)
            case ast.Subscript(value=place, ctx=ast.Store() | ast.Del()):
                self.contents.append(place)
            case ast.Attribute(value=place, attr=name):
                if name in CHANGING and id(node) not in self._callees:
                    self.contents.append(place)
            case ast.Call():
                self.calls.append(node)
                self._callees.add(id(node.func))
            case _:
                return


def _below(node: ast.AST) -> Iterable[ast.AST]:
    """Without names of functions that nobody runs there."""
    match node:
        case ast.Return(value=ast.Name()) | ast.Attribute(value=ast.Name()):
            return ()
        case ast.Call(func=func) if last_name(func) in WRAPPING:
            return [each for each in arguments_of(node) if not isinstance(each, ast.Name)]
        case _:
            return ast.iter_child_nodes(node)


def _captures(node: ast.Match) -> Iterator[str]:
    for case in node.cases:
        for below in ast.walk(case.pattern):
            name = getattr(below, "name", None) or getattr(below, "rest", None)
            if isinstance(name, str):
                yield name


def _renamed(body: Sequence[ast.stmt], arguments: Collection[str]) -> Iterator[ast.stmt]:
    """With another name for an argument from where it has another value: ``t = list(t)``."""
    for index, node in enumerate(body):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name in arguments:
                fresh = f"{name}'"
                yield ast.Assign([ast.Name(fresh, ast.Store())], value)
                rest = [
                    _Renaming(name, fresh).visit(copy.deepcopy(each)) for each in body[index + 1 :]
                ]
                yield from _renamed(rest, arguments)
                return
            case _:
                yield node


class _Renaming(ast.NodeTransformer):
    def __init__(self, name: str, fresh: str) -> None:
        self._name, self._fresh = name, fresh

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._fresh, node.ctx) if node.id == self._name else node


def last_name(callee: ast.expr) -> str:
    return chain_of(callee).rpartition(".")[2]


def arguments_of(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node
