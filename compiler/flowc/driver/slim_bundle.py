"""Makes a bundle small enough to be carried inside an artifact.

The comments, docstrings, annotations of functions and imports for types of flowc's own modules
go; every line keeps its number, so tracebacks say the same. The author's modules stay as they are.
"""

from __future__ import annotations

import ast
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

from flowc.driver.bundle import pack
from flowc.registry import Bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

PROTOCOL = "flowc_runtime/entrypoint.py"
"""Its docstring is what `--help` prints."""

_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def slim(bundle: Bundle) -> Bundle:
    """The same bundle in fewer bytes."""
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    packed = pack({
        name: _strip(_without_annotations(content, name)) if _is_ours(name) else content
        for name, content in entries.items()
    })  # fmt: skip
    return Bundle(digest=hashlib.sha256(packed).hexdigest(), data=packed)


HOOKS = "flowc/hooks"
"""What is given to a hook may depend on its annotations."""


def _is_ours(name: str) -> bool:
    return name.startswith(("flowc/", "flowc_runtime/")) and name != PROTOCOL


def _without_annotations(source: bytes, name: str) -> bytes:
    """Those of arguments and results that stand on one line."""
    if name.startswith(HOOKS):
        return source
    lines = source.split(b"\n")
    cuts: set[tuple[int, int, int]] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            end = node.annotation
            if end.end_lineno == node.lineno:
                first = node.col_offset + len(node.arg.encode())
                cuts.add((node.lineno, first, end.end_col_offset or first))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            end = node.returns
            before = lines[end.lineno - 1][: end.col_offset].rstrip()
            if end.end_lineno == end.lineno and before.endswith(b"->"):
                first = len(before[:-2].rstrip())
                cuts.add((end.lineno, first, end.end_col_offset or first))
    for number, first, last in sorted(cuts, reverse=True):
        line = lines[number - 1]
        lines[number - 1] = line[:first] + line[last:]
    return b"\n".join(lines)


def _strip(source: bytes) -> bytes:
    tree = ast.parse(source)
    lines = source.decode().split("\n")
    kept = {number for first, last in _texts(tree) for number in range(first, last + 1)}
    for number, line in enumerate(lines, start=1):
        if number not in kept and line.lstrip().startswith("#"):
            lines[number - 1] = ""
    for doc in _docstrings(tree):
        last = doc.end_lineno or doc.lineno
        rest = lines[last - 1].encode()[doc.end_col_offset :].decode()
        lines[doc.lineno - 1] = lines[doc.lineno - 1][: doc.col_offset] + '""' + rest
        lines[doc.lineno : last] = [""] * (last - doc.lineno)
    for node in tree.body:
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=[]):
                first, last = node.lineno + 1, body[-1].end_lineno or body[-1].lineno
                lines[first - 1 : last] = ["    pass", *[""] * (last - first)]
            case _:
                pass
    return "\n".join(lines).encode()


def _texts(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """First and last lines of strings that go over several."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            last = node.end_lineno or node.lineno
            if last > node.lineno:
                yield node.lineno, last


def _docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    for node in ast.walk(tree):
        if isinstance(node, _Documented):
            match node.body[:1]:
                case [ast.Expr(value=ast.Constant(value=str())) as doc]:
                    yield doc
                case _:
                    pass
