"""Whether code may change in place what it is given, or what it takes from elsewhere by a name.

Followed through the code is how deep such objects lie in a value: 0 is one itself, 1 is what holds
one (``[t]``), and so on.
"""

from __future__ import annotations

import ast
import builtins
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from flowc.passes.code.actions import Actions, arguments_of, last_name
from flowc.passes.code.chains import chain_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FRESH = 4
"""Not there, or so deep that nobody looks for it."""

# Functions and methods are told by the last part of their names: nobody knows here whose they are.

READING = {
    *dir(str), *dir(bytes), *dir(PurePath), *dir(date),
    "_asdict", "all", "any", "apply", "argmax", "argmin", "assign", "copy", "corr", "critical",
    "debug", "describe", "dict", "difference", "dot", "drop", "drop_duplicates", "dropna",
    "error", "exception", "exists", "expanduser", "fillna", "findall", "finditer", "flatten",
    "fromkeys", "fullmatch", "get", "glob", "group", "groupby", "groups", "head", "hexdigest",
    "info", "intersection", "is_dir", "is_file", "isdisjoint", "isna", "issubset", "issuperset",
    "item", "items", "iterdir", "join", "json", "keys", "log", "match", "max", "mean", "median",
    "melt", "merge", "min", "model_dump", "most_common", "notna", "nunique", "pivot_table",
    "query", "read_bytes", "read_text", "rename", "reset_index", "resolve", "rglob", "round",
    "search", "set_index", "sort_values", "std", "sub", "sum", "symmetric_difference", "tail",
    "to_dict", "to_numpy", "tolist", "total_seconds", "union", "unique", "value_counts",
    "values", "var", "warning",
} - {"__delattr__", "__init__", "__setattr__"}  # fmt: skip
"""Methods that change nothing in what they are called on, unless they are told IN_PLACE."""

VIEWS = {"astype", "ravel", "reshape", "swapaxes", "transpose", "view"}
"""Methods whose results share what they are called on."""

IN_PLACE = {"inplace"}
WRITTEN = {"file", "fp", "out", "stream"}
"""Arguments that say so, and arguments that are written to."""

ELEMENTS = {"__getitem__", "get", "pop", "popitem", "popleft", "setdefault"}
ITERATED = {"copy", "difference", "intersection", "items", "union", "values"}

MADE = {
    "abs", "all", "any", "bool", "deepcopy", "dumps", "float", "format", "hash", "id", "int",
    "isinstance", "issubclass", "len", "loads", "open", "range", "repr", "round", "str", "sum",
}  # fmt: skip
"""Functions that return nothing of what they are given."""

COPIED = {
    "array", "chain", "concat", "concatenate", "copy", "defaultdict", "dict", "enumerate",
    "filter", "frozenset", "iter", "list", "map", "reversed", "set", "sorted", "stack", "tuple",
    "zip",
}  # fmt: skip
"""Functions that return what holds the same."""

FOUND = {"choice", "getattr", "max", "min", "next", "reduce"}
"""Functions that return a part of it."""

CHANGES_FIRST = {
    "copyto", "delitem", "fill_diagonal", "heapify", "heappop", "heappush", "heappushpop",
    "heapreplace", "iadd", "iconcat", "insort", "insort_left", "insort_right", "next", "place",
    "put", "putmask", "setitem", "shuffle",
}  # fmt: skip
"""Others' functions that change their first argument."""

CHANGES_SECOND = {
    "cloudpickle.dump", "dill.dump", "json.dump", "marshal.dump", "pickle.dump",
    "shutil.copyfileobj", "yaml.dump", "yaml.safe_dump",
}  # fmt: skip
"""Others' functions that write to their second argument, as most people call them."""

PLAIN = {
    "Decimal", "Fraction", "Path", "Pattern", "PurePath", "UUID", "bool", "bytes", "complex",
    "date", "datetime", "float", "int", "str", "time", "timedelta",
}  # fmt: skip
PLAIN_OF = {"Optional", "Pattern", "Union", "frozenset", "tuple"}
"""Types whose objects nobody can change, and those that are so when their parts are."""

PLAIN_CALLS = {"bool", "float", "int", "isinstance", "len", "re.compile"}
TEXT_CALLS = {"Path", "bytes", "repr", "str"}
"""Calls of which the same is known without a type."""

SETS_ATTRIBUTES = {"__setattr__", "delattr", "setattr", "update_wrapper", "vars"}


class Mutation(NamedTuple):
    """What may happen to an object: an attribute is set, its contents are changed, it is called
    like a function, or it is passed on. ``reads`` are methods that are called on it and only read,
    if they are not the author's own.
    """

    attributes: bool
    contents: bool
    calls: bool
    passes: bool
    reads: Sequence[str]


NOTHING = Mutation(attributes=False, contents=False, calls=False, passes=False, reads=())
ANYTHING = Mutation(attributes=True, contents=True, calls=True, passes=True, reads=())


def of_given(node: ast.stmt) -> Mutation:
    """What a function does to its arguments; for a class, all its methods."""
    return _of_code(node, returned=False)


def of_result(node: ast.stmt) -> Mutation:
    """The same with what the function that it returns does, to its own arguments too."""
    return _of_code(node, returned=True)


def of_factory(node: ast.stmt) -> Mutation:
    """The same without those: what a decorator decorates is new."""
    return _of_code(node, returned=True, inner=FRESH)


def _of_code(node: ast.stmt, *, returned: bool, inner: int | None = None) -> Mutation:
    if not _is_code(node):
        return NOTHING
    actions = Actions([node], returned=returned)
    if inner is not None:
        actions.inner = dict.fromkeys(actions.inner, inner)
    return _Values(actions, given=0, taken=FRESH).mutation()


def misnamed(node: ast.stmt) -> list[str]:
    """The methods of a class that change their object, though they have the name of one that
    reads: a ``log`` that keeps what it is told.
    """
    methods = node.body if isinstance(node, ast.ClassDef) else ()
    return [
        method.name
        for method in methods
        if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef))
        and method.name in READING | VIEWS
        and _changes_its_object(method)
    ]


def _changes_its_object(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    positional = [*method.args.posonlyargs, *method.args.args]
    actions = Actions([method])
    actions.given = {each.arg: 0 for each in positional[:1]}
    try:
        found = _Values(actions, given=0, taken=FRESH).mutation()
    except RecursionError:  # an expression of hundreds of terms
        return True
    return found.attributes or found.contents


def returns_plain(node: ast.stmt) -> bool:
    """Whether a function returns what nobody can change, as far as its annotation or its return
    statements tell; for a class, all its decorated methods.
    """
    match node:
        case ast.FunctionDef(returns=None):
            below = list(ast.walk(node))
            values = [each.value for each in below if isinstance(each, ast.Return)]
            yields = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in below)
            return not yields and all(value is None or _is_plain(value) for value in values)
        case ast.FunctionDef(returns=ast.expr() as said):
            return _is_plain_type(said)
        case ast.ClassDef(body=body):
            return all(returns_plain(each) for each in body if getattr(each, "decorator_list", ()))
        case _:
            return False


def _is_plain_type(said: ast.expr) -> bool:
    match said:
        case ast.Constant(value=value):
            return value is None or value is ... or value in PLAIN
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_plain_type(left) and _is_plain_type(right)
        case ast.Subscript(value=outer, slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            name = last_name(outer)
            return name == "Literal" or (name in PLAIN_OF and all(map(_is_plain_type, parts)))
        case _:
            return last_name(said) in PLAIN


def _is_plain(value: ast.expr) -> bool:
    """Operators of numbers tell nothing: ``1 + n`` and ``n < 1`` may be arrays."""
    match value:
        case ast.Constant() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=ops):
            return all(isinstance(op, (ast.In, ast.Is, ast.IsNot, ast.NotIn)) for op in ops)
        case ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
            return all(map(_is_plain, parts))
        case ast.IfExp(body=body, orelse=orelse):
            return _is_plain(body) and _is_plain(orelse)
        case ast.Call(func=func) if chain_of(func) in PLAIN_CALLS:
            return True
        case _:
            return _is_text(value)


def _is_text(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, right=right):
            return _is_text(left) or _is_text(right)
        case ast.Call(func=func):
            return chain_of(func) in TEXT_CALLS
        case _:
            return False


def of_taken(nodes: Iterable[ast.AST]) -> Mutation:
    """What code does to that to which names from outside lead."""
    actions = Actions(nodes)
    return _Values(actions, given=FRESH, taken=0).mutation()


class _Values:
    """How deep the objects of one kind lie, in whatever is bound to a name."""

    def __init__(self, actions: Actions, *, given: int, taken: int) -> None:
        self._actions = actions
        self._given, self._taken = given, taken
        self._depths = dict.fromkeys(actions.bound - actions.elsewhere, FRESH)
        self._depths |= {name: min(FRESH, given + deep) for name, deep in actions.given.items()}
        self._depths |= actions.inner
        self._depths |= dict.fromkeys(actions.selves, FRESH)
        for target, _ in actions.assigned:
            for place in _targets(target):
                if own := self._own(place):
                    self._depths[own] = FRESH
        before: dict[str, int] = {}
        while before != self._depths:
            before = dict(self._depths)
            self._bind()

    def mutation(self) -> Mutation:
        actions = self._actions
        return Mutation(
            attributes=self._any(actions.attributes) or any(map(self._sets, actions.calls)),
            contents=self._any(actions.contents) or any(map(self._changes, actions.calls)),
            calls=any(self._calls(call.func) for call in actions.calls),
            passes=any(self._least(arguments_of(call)) < FRESH for call in actions.calls),
            reads=sorted(set(self._reads())),
        )

    def _reads(self) -> Iterator[str]:
        for call in self._actions.calls:
            match call.func:
                case ast.Attribute(value=place, attr=method) if not self._is_outside(call.func):
                    if method in READING | VIEWS and self._depth(place) == 0:
                        yield method
                case _:
                    continue

    def _any(self, places: Iterable[ast.expr]) -> bool:
        return any(self._depth(place) == 0 for place in places)

    def _sets(self, call: ast.Call) -> bool:
        last = last_name(call.func)
        return last in SETS_ATTRIBUTES and self._any(call.args[:1])

    def _changes(self, call: ast.Call) -> bool:
        named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        if self._any(named[name] for name in WRITTEN & named.keys()):
            return True
        if last_name(call.func) in CHANGES_FIRST and self._any(call.args[:1]):
            return True
        if chain_of(call.func) in CHANGES_SECOND and self._any(call.args[1:2]):
            return True
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if self._is_builtin(name):
                return method not in READING and self._any(call.args[:1])
            case ast.Attribute(value=place, attr=method) if not self._is_outside(call.func):
                reads = method in READING | VIEWS and not IN_PLACE & named.keys()
                return not reads and self._depth(place) == 0
            case _:
                return False

    def _calls(self, callee: ast.expr) -> bool:
        if own := self._own(callee):
            return self._depths.get(own, FRESH) == 0
        by_name = isinstance(callee, ast.Attribute) or self._is_outside(callee)
        return not by_name and self._depth(callee) == 0

    def _is_builtin(self, name: str) -> bool:
        return name not in self._depths and name in BUILTINS

    def _is_outside(self, callee: ast.expr) -> bool:
        """Whether a callee is found by names alone: those are followed to what they lead to."""
        chain = chain_of(callee)
        return bool(chain) and chain.partition(".")[0] not in self._depths

    def _own(self, place: ast.expr) -> str:
        """``.items`` of ``self.items``"""
        match place:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                return f".{attribute}" if name in self._actions.selves or name == "self" else ""
            case _:
                return ""

    def _bind(self) -> None:
        actions = self._actions
        for target, value in actions.assigned:
            self._assign(target, value)
        for target, value in actions.added:
            self._lower(target, max(1, self._depth(value)))
        for target, source in actions.iterated:
            self._lower(target, _below(self._depth(source)))
        for name, subject in actions.captured:
            if self._depth(subject) < FRESH:
                self._depths[name] = 0
        for name, value in actions.returned:
            self._depths[name] = min(self._depths.get(name, FRESH), self._depth(value))
        for call in actions.calls:
            if isinstance(call.func, ast.Attribute) and not self._is_outside(call.func):
                held = self._held_by(call)
                if held < FRESH:
                    self._lower(call.func.value, held)

    def _held_by(self, call: ast.Call) -> int:
        """How deep an object holds what its method is given: ``rows.append(t)``."""
        return _above(min((self._depth(each) for each in arguments_of(call)), default=FRESH))

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target, value:
            case ((ast.Tuple(elts=targets) | ast.List(elts=targets)), ast.Tuple(elts=values)) if (
                len(targets) == len(values)
            ):
                for below, each in zip(targets, values, strict=True):
                    self._assign(below, each)
            case ast.Tuple() | ast.List(), _:
                self._lower(target, _below(self._depth(value)))
            case _, ast.Lambda(body=body):
                self._lower(target, self._depth(body))
            case _:
                self._lower(target, self._depth(value))

    def _lower(self, place: ast.expr, depth: int) -> None:
        """The place has objects at that depth from now on."""
        if own := self._own(place):
            self._depths[own] = min(self._depths.get(own, self._given), depth)
            return
        match place:
            case ast.Name(id=name) if name in self._depths and name not in self._actions.selves:
                self._depths[name] = min(self._depths[name], depth)
            case ast.Tuple(elts=places) | ast.List(elts=places):
                for each in places:
                    self._lower(each, depth)
            case ast.Starred(value=below):
                self._lower(below, _above(depth))
            case ast.Attribute(value=below) | ast.Subscript(value=below):
                self._lower(below, _above(depth))
            case ast.Call(func=ast.Attribute(value=below)):
                self._lower(below, _above(depth))
            case _:
                return

    def _depth(self, value: ast.expr) -> int:
        if own := self._own(value):
            return self._depths.get(own, self._given)
        match value:
            case ast.Name(id=name):
                outside = FRESH if name in BUILTINS else self._taken
                return self._depths.get(name, outside)
            case ast.Subscript(value=below, slice=ast.Slice()):
                return self._depth(below)
            case (
                ast.Attribute(value=below) | ast.Subscript(value=below) | ast.Starred(value=below)
            ):
                return _below(self._depth(below))
            case ast.Call():
                return self._result(value)
            case _:
                return self._chosen(value)

    def _chosen(self, value: ast.expr) -> int:
        match value:
            case ast.IfExp(body=body, orelse=orelse):
                return self._least([body, orelse])
            case ast.BoolOp() | ast.NamedExpr() | ast.Await() | ast.YieldFrom():
                return self._least(_expressions(value))
            case _:
                return self._made(value)

    def _made(self, value: ast.expr) -> int:
        """Of a new object; one without parts is a number or a text."""
        match value:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return _above(self._least(parts))
            case ast.Dict(keys=keys, values=values):
                pairs = list(zip(keys, values, strict=True))
                merged = self._least(value for key, value in pairs if key is None)
                own = self._least(value for key, value in pairs if key is not None)
                return min(_above(own), max(1, merged))
            case ast.DictComp(value=part):
                return _above(self._depth(part))
            case ast.ListComp(elt=part) | ast.SetComp(elt=part) | ast.GeneratorExp(elt=part):
                return _above(self._depth(part))
            case ast.BinOp(left=left, right=right):
                return max(1, self._least([left, right]))
            case _:
                return FRESH

    def _least(self, values: Iterable[ast.expr]) -> int:
        return min(map(self._depth, values), default=FRESH)

    def _result(self, call: ast.Call) -> int:
        if isinstance(call.func, ast.Attribute) and not self._is_outside(call.func):
            first = 1 if call.func.attr in ELEMENTS else 0  # a key, there
            return self._method_result(call.func, self._least(arguments_of(call)[first:]))
        given = self._least(arguments_of(call))
        last = last_name(call.func)
        if last in MADE:
            return FRESH
        if last in COPIED:
            return max(1, given)
        if last in FOUND:
            return _below(given)
        if last.lstrip("_")[:1].isupper():
            return _above(given)
        callee = FRESH if self._is_outside(call.func) else self._depth(call.func)
        return 0 if min(given, callee) < FRESH else FRESH

    def _method_result(self, method: ast.Attribute, given: int) -> int:
        below = self._depth(method.value)
        if method.attr in ELEMENTS:
            return min(_below(below), given)
        if method.attr in ITERATED:
            return max(1, min(below, given))
        if method.attr in VIEWS:
            return below
        if method.attr in READING:
            return FRESH
        return min(below, given)


BUILTINS = frozenset(vars(builtins))


def _is_code(node: ast.stmt) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Assign(value=ast.Lambda()):
            return True
        case _:
            return False


def _below(depth: int) -> int:
    return depth if depth == FRESH else max(0, depth - 1)


def _above(depth: int) -> int:
    return min(FRESH, depth + 1)


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    return (each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))


def _targets(target: ast.expr) -> Iterator[ast.expr]:
    match target:
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            for each in targets:
                yield from _targets(each)
        case _:
            yield target
