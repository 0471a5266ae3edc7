"""The top level of a module, statement by statement: what each binds, and what runs on import.

Only this is read of a module whose statements nobody reaches.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowc.passes.code.chains import UNKNOWN, chain_of, import_bindings, imported_modules
from flowc.passes.code.references import collect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FUNCTION, CLASS, CONSTANT, IMPORT, BLOCK, STATEMENT = (
    "function",
    "class",
    "constant",
    "import",
    "block",
    "statement",
)

Span = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Import:
    """A name that a module binds by importing; ``*`` binds all that the target offers."""

    name: str
    target: str
    line: int
    statement: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A top-level statement.

    ``effect`` is whether it changes more than the names it binds. ``decorators`` (each what it
    calls, then all it refers to, and ``?.read_text`` for what it looks at) and ``calls`` (of what
    runs on import otherwise) may keep what they are given; ``bases`` and ``metaclass`` hear of a
    class. ``made`` is the callee when the value is one call and no more.
    ``digest`` is of the statement as it is written.
    """

    kind: str
    label: str
    names: tuple[str, ...]
    effect: bool
    span: Span
    decorators: tuple[tuple[str, ...], ...]
    calls: tuple[str, ...]
    bases: tuple[str, ...]
    metaclass: str
    made: str
    digest: str

    @property
    def line(self) -> int:
        return self.span[0]


@dataclass(frozen=True, slots=True)
class Outline:
    """``runs`` are targets of the imports that run with the module; ``offered`` is ``__all__``,
    None without one that is a plain list of texts.
    """

    statements: tuple[Statement, ...]
    imports: tuple[Import, ...]
    runs: tuple[str, ...]
    offered: tuple[str, ...] | None


@dataclass(slots=True)
class _Found:
    """What a statement and those inside it bind."""

    names: dict[str, None] = field(default_factory=dict[str, None])
    imports: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    runs: list[str] = field(default_factory=list[str])
    effect: bool = False
    plain: bool = True


def read_outline(tree: ast.Module, lines: Sequence[bytes]) -> Outline:
    statements: list[Statement] = []
    imports: list[Import] = []
    runs: dict[str, None] = {}
    labels: dict[str, int] = {}
    for node in _executed(tree.body):
        found = _Found()
        _read(node, found)
        found.effect = found.effect or _adds_to_shared(node, tree.body)
        runs.update(dict.fromkeys(found.runs))
        index = -1
        if not (found.plain and found.imports):
            index = len(statements)
            statements.append(_statement(node, found, lines, labels))
        imports += [Import(name, target, line, index) for name, target, line in found.imports]
    binders = sum("__all__" in statement.names for statement in statements)
    offered = _offered(tree.body) if binders == 1 else None
    return Outline(tuple(statements), tuple(imports), tuple(runs), offered)


def _executed(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Not what only a script runs, nor docstrings and other constants."""
    for node in body:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case ast.If(test=test, orelse=[]) if _is_main(test):
                continue
            case _:
                yield node


def _adds_to_shared(node: ast.stmt, body: Sequence[ast.stmt]) -> bool:
    """Whether ``NAME += …`` may change in place what another module has under its own name."""
    match node:
        case ast.AugAssign(target=ast.Name(id=name)) if name != "__all__":
            return not any(_makes(other, name) for other in body)
        case _:
            return False


def _makes(node: ast.stmt, name: str) -> bool:
    """Whether an assignment gives the name a value of its own: ``NAME = []``."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=bound)], value=value)
            | ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value)
        ):
            return bound == name and not isinstance(value, (ast.Name, ast.Attribute, ast.Call))
        case _:
            return False


def _is_main(test: ast.expr) -> bool:
    match test:
        case ast.Compare(
            left=ast.Name(id="__name__"),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value="__main__")],
        ):
            return True
        case _:
            return False


def _read(node: ast.AST, found: _Found) -> None:
    match node:
        case ast.Import() | ast.ImportFrom():
            found.imports += [(*pair, node.lineno) for pair in import_bindings(node)]
            found.runs += [*imported_modules(node), *(pair[1] for pair in import_bindings(node))]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            found.plain = False
            found.names[node.name] = None
        case ast.ClassDef(body=body):
            found.plain = False
            found.names[node.name] = None
            found.effect = found.effect or _stores(body)
        case ast.Name(ctx=ast.Store() | ast.Del()):
            found.names[node.id] = None
        case (
            ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del())
        ):
            found.effect = True
        case ast.If(test=test, body=body, orelse=[]) if _is_typing(test):
            runs = list(found.runs)
            for below in body:
                _read(below, found)
            found.runs = runs
        case ast.Expr(value=value):
            found.effect = found.effect or not isinstance(value, ast.Constant)
            found.plain = False
        case ast.Lambda() | ast.comprehension():
            return
        case _:
            _read_below(node, found)


def _stores(body: Sequence[ast.stmt]) -> bool:
    """Whether a class's body gives something an attribute or an item."""
    for node in body:
        found = _Found()
        if not isinstance(node, ast.Expr):
            _read(node, found)
        if found.effect:
            return True
    return False


def _read_below(node: ast.AST, found: _Found) -> None:
    if isinstance(node, ast.stmt):
        found.plain = False
    name = getattr(node, "name", None) or getattr(node, "rest", None)
    if isinstance(name, str):  # except … as, captures of match
        found.names[name] = None
    for child in ast.iter_child_nodes(node):
        _read(child, found)


def _is_typing(test: ast.expr) -> bool:
    return chain_of(test).rpartition(".")[2] == "TYPE_CHECKING"


def _statement(
    node: ast.stmt, found: _Found, lines: Sequence[bytes], labels: dict[str, int]
) -> Statement:
    kind = _kind(node, found)
    label = _label(node, found)
    labels[label] = labels.get(label, 0) + 1
    if labels[label] > 1:
        label = f"{label}#{labels[label]}"
    span = _span(node)
    return Statement(
        kind=kind,
        label=label,
        names=tuple(found.names),
        effect=found.effect,
        span=span,
        decorators=tuple(_decorator(decorator) for decorator in _decorators(node)),
        calls=() if found.effect else _calls(node),
        bases=_bases(node),
        metaclass=_metaclass(node),
        made=_made(node),
        digest=hashlib.sha256(segment(lines, span).encode()).hexdigest()[:32],
    )


def _kind(node: ast.stmt, found: _Found) -> str:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return FUNCTION
        case ast.ClassDef():
            return CLASS
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Delete():
            return CONSTANT if found.names else STATEMENT
        case ast.Expr():
            return STATEMENT
        case _:
            return BLOCK if found.names or found.imports or not found.effect else STATEMENT


def _label(node: ast.stmt, found: _Found) -> str:
    """How the statement is called in explanations: the name it binds, or whom it calls."""
    for name in found.names:
        return name
    match node:
        case ast.Expr(value=ast.Call(func=func)):
            return chain_of(func) or "call"
        case ast.Assign(targets=[target, *_]) | ast.AugAssign(target=target):
            while isinstance(target, ast.Subscript):
                target = target.value
            return chain_of(target) or "assignment"
        case _:
            return type(node).__name__.lower()


def _decorators(node: ast.stmt) -> list[ast.expr]:
    """Of a definition, and of a class's methods after its own."""
    found: list[ast.expr] = list(getattr(node, "decorator_list", ()))
    if isinstance(node, ast.ClassDef):
        for below in node.body:
            found += getattr(below, "decorator_list", ())
    return found


def _decorator(node: ast.expr) -> tuple[str, ...]:
    """What is called first, then all that the expression refers to."""
    callee = chain_of(node.func if isinstance(node, ast.Call) else node)
    facts = collect([node])
    looks = (f"{UNKNOWN}.{name[:-1]}" for name in facts.attributes if name.endswith("!"))
    return (callee or UNKNOWN, *sorted(facts.all()), *looks)


def _calls(node: ast.stmt) -> tuple[str, ...]:
    """What a statement calls on import, decorators and bases aside; it may keep its arguments."""
    nodes = list(evaluated(node))
    if not any(isinstance(below, ast.Call) for each in nodes for below in ast.walk(each)):
        return ()
    return collect(nodes).called or (UNKNOWN,)


def evaluated(node: ast.stmt) -> Iterator[ast.AST]:
    """What of a statement runs on import; decorators and bases aside."""
    match node:
        case ast.FunctionDef(args=args) | ast.AsyncFunctionDef(args=args):
            yield from (each for each in (*args.defaults, *args.kw_defaults) if each is not None)
            given = (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg)
            annotations = (each.annotation for each in given if each is not None)
            yield from (each for each in (*annotations, node.returns) if each is not None)
        case ast.ClassDef(body=body):
            for below in body:
                yield from evaluated(below)
        case ast.AnnAssign(annotation=annotation):
            yield from (annotation, node)
        case _:
            yield node


def _bases(node: ast.stmt) -> tuple[str, ...]:
    match node:
        case ast.ClassDef(bases=bases, keywords=keywords):
            return tuple(sorted(collect([*bases, *keywords]).all()))
        case _:
            return ()


def _metaclass(node: ast.stmt) -> str:
    for keyword in getattr(node, "keywords", ()):
        if keyword.arg == "metaclass":
            return chain_of(keyword.value)
    return ""


def _made(node: ast.stmt) -> str:
    match node:
        case ast.Assign(value=ast.Call(func=func)) | ast.AnnAssign(value=ast.Call(func=func)):
            return chain_of(func)
        case _:
            return ""


def _span(node: ast.stmt) -> Span:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    end, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    if decorators:
        return decorators[0].lineno, 0, end, end_column
    return node.lineno, node.col_offset, end, end_column


def segment(lines: Sequence[bytes], span: Span) -> str:
    """The source of a statement; columns count bytes, as ast's do."""
    first, column, last, end = span
    if first == last:
        return lines[first - 1][column:end].decode("utf-8", "surrogatepass")
    parts = [lines[first - 1][column:], *lines[first : last - 1], lines[last - 1][:end]]
    return b"\n".join(parts).decode("utf-8", "surrogatepass")


def _offered(body: Sequence[ast.stmt]) -> tuple[str, ...] | None:
    """``__all__`` when one plain list of texts says it all."""
    found: list[ast.expr] = []
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                found.append(value)
            case ast.Expr(value=ast.Call(func=func)) if chain_of(func).startswith("__all__."):
                return None
            case _:
                continue
    if len(found) != 1 or not isinstance(found[0], (ast.List, ast.Tuple)):
        return None
    texts = [item.value for item in found[0].elts if isinstance(item, ast.Constant)]
    names = [text for text in texts if isinstance(text, str)]
    return tuple(names) if len(names) == len(found[0].elts) else None
