"""Whether a name leads back to what it was taken from: containers know code by its names alone."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from flowc.errors import AuthorError


def check_identity(thing: Any, *, what: str, where: str) -> None:
    """Raise AuthorError unless the module of a function or class has it under its own name.

    It has not when the name was given to another one later, when it was deleted, or when a
    wrapper goes by the name of what it wraps.
    """
    module = sys.modules.get(thing.__module__)
    if module is None:
        return
    found: Any = module
    for part in thing.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise AuthorError(
            f"{what}: there is no '{thing.__qualname__}' in its module any more, so no container "
            "could find it",
            where=where,
            hint="leave its name at the top level of the module",
        )
    if not _same(getattr(found, "entrypoint", found), thing):
        raise AuthorError(
            f"{what}: its module has something else by the name '{thing.__qualname__}', and "
            "containers find it by that name",
            where=where,
            hint="give each a name of its own; a wrapper stands below @step, or is written with "
            "def and calls what it wraps",
        )
    code = getattr(thing, "__code__", None)
    if thing.__module__ == "__main__" and code is not None:
        _check_guard(what, code.co_filename, code.co_firstlineno, where)


def _same(found: Any, thing: Any) -> bool:
    """Also when a module that did not change was imported once more."""
    if found is thing:
        return True
    return (
        isinstance(found, FunctionType)
        and isinstance(thing, FunctionType)
        and found.__code__ == thing.__code__
        and found.__closure__ is thing.__closure__ is None
    )


def _check_guard(what: str, file: str, line: int, where: str) -> None:
    if any(first <= line <= last for first, last in _guarded(file)):
        raise AuthorError(
            f"{what}: it is defined under if __name__ == '__main__', which no container runs",
            where=where,
            hint="move the definition above it",
        )


@cache
def _guarded(file: str) -> tuple[tuple[int, int], ...]:
    """First and last lines of what only a script runs."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    return tuple(
        (node.lineno, node.end_lineno or node.lineno)
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
    )
