"""Gives each step the digest of its code.

Before: ``step.code == ""``. After: the digest of the step's module and of every first-party module
that it reaches by imports, without comments, docstrings of functions and formatting. Wider than
the functions that the step really calls: a change beside them is a safe miss.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from flowc import ir

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.trace.modules import Module


def digest_code(pipeline: ir.Pipeline, modules: Mapping[str, Module]) -> ir.Pipeline:
    forms = {name: _normal_form(module) for name, module in modules.items()}
    closures: dict[str, str] = {}
    steps: list[ir.Step] = []
    for step in pipeline.steps:
        name = step.function.module
        if name not in closures:
            closures[name] = _closure_digest(name, modules, forms)
        text = f"{name}:{step.function.qualname}\n{closures[name]}"
        steps.append(replace(step, code=hashlib.sha256(text.encode()).hexdigest()))
    return replace(pipeline, body=ir.Block(nodes=tuple(steps)))


def _closure_digest(start: str, modules: Mapping[str, Module], forms: Mapping[str, str]) -> str:
    reached: set[str] = set()
    queue = [start]
    while queue:
        name = queue.pop()
        if name not in reached and name in modules:
            reached.add(name)
            queue.extend(modules[name].imports)
    text = "\n".join(f"{name} {forms[name]}" for name in sorted(reached))
    return hashlib.sha256(text.encode()).hexdigest()


def _normal_form(module: Module) -> str:
    tree = ast.parse(module.source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()
