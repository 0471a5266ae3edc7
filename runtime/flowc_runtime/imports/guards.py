"""Whether the author expects that an import fails."""

from __future__ import annotations

import builtins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    # The first and last line of the body of a `try` or `with`, and that statement.
    Span = tuple[int, int, Any]

_OPTIMIZED = 0x1  # flag of code that belongs to a function
_ONLY_AST = 0x400
_SUITES = ("body", "orelse", "finalbody", "handlers", "cases")
_spans: dict[CodeType, list[Span] | None] = {}


def is_guarded(frame: FrameType) -> bool:
    """Whether the running line of a module is inside a ``try`` that catches ImportError.

    Without its source nobody can tell, and the error is raised as usual.
    """
    outer = frame
    while outer.f_code.co_name != "<module>":
        # The body of a class inside a function is as late as that function.
        if outer.f_back is None or outer.f_code.co_flags & _OPTIMIZED:
            return True
        outer = outer.f_back
    if outer.f_code not in _spans:
        _spans[outer.f_code] = _find_spans(outer)
    spans = _spans[outer.f_code]
    return spans is None or any(
        first <= frame.f_lineno <= last and _catches(statement, outer.f_globals)
        for first, last, statement in spans
    )


def _find_spans(frame: FrameType) -> list[Span] | None:
    source = _source_of(frame)
    if source is None:
        return None
    if "try" not in source and "suppress" not in source:
        return []
    try:
        tree: Any = compile(source, frame.f_code.co_filename, "exec", _ONLY_AST, dont_inherit=True)
    except SyntaxError:
        return None
    spans: list[Span] = []
    pending: list[Any] = list(tree.body)
    while pending:
        statement = pending.pop()
        if type(statement).__name__ in {"Try", "TryStar", "With"}:
            spans.append((statement.body[0].lineno, statement.body[-1].end_lineno, statement))
        for suite in _SUITES:
            pending += getattr(statement, suite, ())
    return spans


def _source_of(frame: FrameType) -> str | None:
    if frame.f_code.co_filename.startswith("<"):
        return None
    name = frame.f_globals.get("__name__")
    read: Any = getattr(frame.f_globals.get("__loader__"), "get_source", None)
    try:
        found = read(name) if read is not None else None
        if found is not None:
            return str(found)
        with open(frame.f_code.co_filename, encoding="utf-8") as file:
            return file.read()
    except (OSError, ImportError, UnicodeDecodeError):
        return None


def _catches(statement: Any, namespace: dict[str, Any]) -> bool:
    if hasattr(statement, "handlers"):
        return any(
            handler.type is None or _covers(handler.type, namespace)
            for handler in statement.handlers
        )
    calls = [item.context_expr for item in statement.items]
    return any(
        _name_of(getattr(call, "func", None)).endswith("suppress")
        and any(_covers(argument, namespace) for argument in call.args)
        for call in calls
    )


def _covers(expression: Any, namespace: dict[str, Any]) -> bool:
    if type(expression).__name__ == "Tuple":
        return any(_covers(part, namespace) for part in expression.elts)
    first, *rest = _name_of(expression).split(".")
    found = namespace.get(first, getattr(builtins, first, None) if first else None)
    for part in rest:
        found = getattr(found, part, None)
    return isinstance(found, type) and issubclass(ModuleNotFoundError, found)


def _name_of(expression: Any) -> str:
    """The dotted name that an expression is, or nothing."""
    kind = type(expression).__name__
    if kind == "Name":
        return str(expression.id)
    if kind == "Attribute":
        return f"{_name_of(expression.value)}.{expression.attr}"
    return ""
