"""References as texts.

A reference is a dotted chain that starts at a name of the module (``lib.shift``), or at an import
inside the statement, written ``module:chain`` with leading dots for a relative one (``..lib:f``;
``lib:`` only imports it, ``lib:*`` takes the module as a value).
"""

from __future__ import annotations

import ast

UNKNOWN = "?"
"""Stands for a callee that no name leads to, such as ``table[key](…)``."""


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


def extend(target: str, rest: str) -> str:
    """``a:b`` and ``c.d`` are ``a:b.c.d``; a module without an attribute is a value."""
    head, _, tail = target.partition(":")
    return f"{head}:{'.'.join(part for part in (tail, rest) if part) or '*'}"


def root_of(node: ast.AST) -> ast.AST:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def imported_text(node: ast.Call, chain: str) -> str:
    """The module of ``import_module("…")``, when it is written there."""
    if chain.rpartition(".")[2] not in {"import_module", "__import__"} or len(node.args) != 1:
        return ""
    match node.args[0]:
        case ast.Constant(value=str() as name) if name and not name.startswith("."):
            return name
        case _:
            return ""
