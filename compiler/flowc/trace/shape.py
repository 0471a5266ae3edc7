"""Which parameters a pipeline function only passes on, and which decide its shape.

Before: ``def p(n: int, m: int): train(n); [score(i) for i in range(m)]``.
After: ``n`` may stay open until run time; ``m`` is bound at compile time, because of ``range`` in
line 1. A parameter without annotation is bound too: no engine could be told its type.

Only the function's text is read. A use that cannot be judged from it (a callee held in a local
variable) counts as passing on; if it is not, the symbolic value says so when it is forced.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from typing import TYPE_CHECKING, Any

from flowc.authoring.definition import Definition
from flowc.authoring.pipeline import Pipeline
from flowc.authoring.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Uses = dict[str, str]


def shape_parameters(pipeline: Pipeline, annotated: Mapping[str, bool]) -> Uses:
    """For each parameter that must be bound at compile time: why, in words."""
    bound = {name: "it has no annotation" for name, known in annotated.items() if not known}
    open_names = [name for name, known in annotated.items() if known]
    if open_names:
        bound.update(_forced_in(pipeline.entrypoint, open_names, ()))
    return bound


def _forced_in(
    function: Callable[..., Any], names: list[str], callers: tuple[Callable[..., Any], ...]
) -> Uses:
    """Why each of ``names`` is needed while the function runs; the others are passed on."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return {}
    tree = ast.parse(source).body[0]
    if not isinstance(tree, ast.FunctionDef):
        return {}
    reader = _Reader(function, names, callers, function.__code__.co_firstlineno - 1)
    for statement in tree.body:
        reader.read(statement, "")
    return reader.forced


class _Reader:
    """Walks a function's body; ``why`` is empty where a value is only handed on."""

    def __init__(
        self,
        function: Callable[..., Any],
        names: list[str],
        callers: tuple[Callable[..., Any], ...],
        offset: int,
    ) -> None:
        self.function = function
        self.callers = (*callers, function)
        self.offset = offset
        self.means = {name: name for name in names}
        self.forced: Uses = {}

    def read(self, node: ast.AST, why: str) -> None:  # noqa: C901 - one case for each form
        match node:
            case ast.Name(id=name) if name in self.means:
                if why and isinstance(node.ctx, ast.Load):
                    line = node.lineno + self.offset
                    self.forced.setdefault(self.means[name], f"{why} in line {line}")
            case ast.Call():
                self._read_call(node)
            case ast.List() | ast.Tuple() | ast.Return() | ast.Expr() | ast.keyword():
                self._read_children(node, why)
            case ast.Dict(keys=keys, values=held):
                for key in keys:
                    if key is not None:
                        self.read(key, "it is a key of a dict")
                for value in held:
                    self.read(value, why)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self._read_assignment(node)
            case ast.arguments() | ast.FunctionDef() | ast.Lambda():
                self._read_children(node, "it is used by an inner function")
            case _:
                self._read_children(node, _reason(node) or why)

    def _read_children(self, node: ast.AST, why: str) -> None:
        for child in ast.iter_child_nodes(node):
            self.read(child, "" if isinstance(child, ast.stmt) else why)

    def _read_assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=source)) if (
                source in self.means
            ):
                self.means[name] = self.means[source]
            case ast.Assign(targets=[ast.Tuple() | ast.List(), *_], value=ast.Name()):
                self.read(node.value, "it is unpacked")
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self.read(target, "")
                self.read(value, "")
            case ast.AugAssign(target=ast.Name(id=name) as target, value=value):
                read = ast.copy_location(ast.Name(id=name, ctx=ast.Load()), target)
                self._read_children(ast.BinOp(read, node.op, value), _REASONS[ast.BinOp])
            case ast.AugAssign():
                self._read_children(node, _reason(node))
            case ast.AnnAssign(value=value):
                if value is not None:
                    self.read(value, "")

    def _read_call(self, call: ast.Call) -> None:
        self.read(call.func, "it is called" if isinstance(call.func, ast.Name) else "it is used")
        callee = self._resolve(call.func)
        for index, argument in enumerate(call.args):
            self._read_argument(callee, argument, index, None)
        for keyword in call.keywords:
            self._read_argument(callee, keyword.value, 0, keyword.arg)

    def _read_argument(
        self, callee: Any, argument: ast.expr, index: int, keyword: str | None
    ) -> None:
        if isinstance(argument, ast.Starred):
            self.read(argument.value, "it is unpacked")
        elif keyword in {"id", "step_name", "after"}:
            self.read(argument, f"it is given as {keyword}=")
        elif isinstance(callee, Pipeline):
            self.read(argument, self._inside(callee, index, keyword))
        elif callee is None or isinstance(callee, Step):
            self.read(argument, "")
        else:
            name = getattr(callee, "__name__", "a function")
            self.read(argument, f"it is given to {name}()")

    def _inside(self, nested: Pipeline, index: int, keyword: str | None) -> str:
        """Why the nested pipeline needs this argument while it is traced."""
        function = nested.entrypoint
        names = list(inspect.signature(function).parameters)
        name = keyword if keyword is not None else names[index] if index < len(names) else ""
        if name not in names or function in self.callers:
            return ""
        why = _forced_in(function, [name], self.callers).get(name, "")
        return f"pipeline '{nested.name}' needs it: {why}" if why else ""

    def _resolve(self, expression: ast.expr) -> Any:
        """The object that is called, where the text alone tells; None where it does not."""
        match expression:
            case ast.Name(id=name):
                if name in self.function.__code__.co_varnames:
                    return None
                known = self.function.__globals__
                return known.get(name, getattr(builtins, name, None))
            case ast.Attribute(value=value, attr=attribute):
                owner = self._resolve(value)
                if owner is None or isinstance(owner, Definition):
                    return None
                return getattr(owner, attribute, None)
            case ast.Constant(value=value):
                return value
            case _:
                return None


_REASONS: dict[type[ast.AST], str] = {
    ast.If: "it decides an if",
    ast.While: "it decides a while",
    ast.For: "it is looped over",
    ast.comprehension: "it is looped over",
    ast.IfExp: "it decides a conditional expression",
    ast.Compare: "it is compared",
    ast.BoolOp: "it decides an 'and' or 'or'",
    ast.BinOp: "it is computed with",
    ast.UnaryOp: "it is computed with",
    ast.AugAssign: "it is computed with",
    ast.JoinedStr: "it is formatted into a text",
    ast.FormattedValue: "it is formatted into a text",
    ast.Subscript: "it is subscripted",
    ast.Attribute: "an attribute of it is used",
    ast.Match: "it decides a match",
    ast.Assert: "it is asserted",
    ast.Raise: "it is raised",
    ast.With: "it is entered",
    ast.ListComp: "it is used in a comprehension",
    ast.DictComp: "it is used in a comprehension",
    ast.SetComp: "it is used in a comprehension",
    ast.GeneratorExp: "it is used in a comprehension",
    ast.Set: "it is put into a set",
    ast.Delete: "it is deleted",
    ast.NamedExpr: "it is assigned in an expression",
}


def _reason(node: ast.AST) -> str:
    return _REASONS.get(type(node), "")
