"""The author's own modules that a pipeline reaches, found by reading imports, never running them.

Every import statement counts, also inside functions and under conditions. What only exists as a
text (`importlib.import_module(name)`) is named with ``include``.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import AuthorError
from flowc.trace import project

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A first-party module; ``path`` is relative to its import root, with ``/``.

    ``imports`` are the first-party modules it imports, ``distributions`` the top-level names of
    everything else that is not standard library.
    """

    name: str
    file: Path
    path: str
    source: bytes
    tree: ast.Module
    imports: tuple[str, ...]
    third_party: tuple[str, ...]


def reach(entries: dict[str, str]) -> dict[str, Module]:
    """All first-party modules reached from ``entries`` (module name to file), by name, sorted.

    Raises AuthorError for a module that is no valid Python.
    """
    roots = tuple(dict.fromkeys(str(project.import_root(file)) for file in entries.values()))
    found: dict[str, Module] = {}
    queue = [(name, Path(file)) for name, file in entries.items()]
    while queue:
        name, file = queue.pop()
        if name in found:
            continue
        module = _read(name, file, roots)
        found[name] = module
        for other in module.imports:
            path = _find(other, roots)
            if path is not None and other not in found:
                queue.append((other, path))
    return dict(sorted(found.items()))


def _read(name: str, file: Path, roots: tuple[str, ...]) -> Module:
    source = file.read_bytes()
    try:
        tree = ast.parse(source, filename=str(file))
    except SyntaxError as error:
        raise AuthorError(
            f"no valid Python: {error.msg}", where=f"{file}:{error.lineno}"
        ) from None
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    first: set[str] = set()
    third: set[str] = set()
    for wanted in _imported(tree, package):
        if project.is_standard_library(wanted) or wanted.partition(".")[0] in _OURS:
            continue
        below = list(_with_parents(wanted))
        ours = [candidate for candidate in below if _find(candidate, roots) is not None]
        if ours:
            first.update(ours)
        else:
            third.add(wanted.partition(".")[0])
    first.update(_with_parents(package))
    first.discard(name)
    parts = name.split(".")
    path = "/".join([*parts, "__init__.py"] if file.name == "__init__.py" else parts)
    return Module(
        name=name,
        file=file,
        path=path if path.endswith(".py") else f"{path}.py",
        source=source,
        tree=tree,
        imports=tuple(sorted(part for part in first if _find(part, roots) is not None)),
        third_party=tuple(sorted(third)),
    )


_OURS = {"flowc", "flowc_backends", "flowc_runtime", "flowc_templates"}


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Dotted names that may be modules: ``from a import b`` may mean ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".") if package else []
                above = parts[: len(parts) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            if base:
                yield base
                for alias in node.names:
                    yield f"{base}.{alias.name}"


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".") if name else []
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count])


@cache
def _find(name: str, roots: tuple[str, ...]) -> Path | None:
    """The file of a first-party module, without importing its parents; None when there is none.

    A package without ``__init__.py`` has no file and needs none.
    """
    parts = name.split(".")
    folders = [*roots, *sys.path]
    top = PathFinder.find_spec(parts[0], folders)
    if top is None:
        return None
    if len(parts) == 1:
        first_party = top.origin is not None and project.is_first_party(top.origin)
        return Path(top.origin) if first_party and top.origin else None
    for folder in top.submodule_search_locations or ():
        for tail in ("__init__.py", None):
            base = Path(folder).joinpath(*parts[1:])
            path = base / tail if tail else base.with_suffix(".py")
            if path.is_file() and project.is_first_party(str(path)):
                return path
    return None
