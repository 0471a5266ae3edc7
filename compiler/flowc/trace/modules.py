"""The author's own modules that a pipeline reaches, found by reading imports, never running them.

Every import statement counts, also inside functions and under conditions. What only exists as a
text (`importlib.import_module(name)`) is named with ``include``.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.disk_cache import DiskCache
from flowc.errors import AuthorError
from flowc.trace import project

if TYPE_CHECKING:
    from collections.abc import Iterator


_MEMORY = DiskCache(Path(__file__))


class Parsed:
    """A module's text, and its syntax tree once somebody asks for it."""

    def __init__(self, file: Path, source: bytes) -> None:
        self.file = file
        self.source = source

    @cached_property
    def tree(self) -> ast.Module:
        """Raises AuthorError for what is no valid Python."""
        try:
            return ast.parse(self.source, filename=str(self.file))
        except SyntaxError as error:
            line = f":{error.lineno}" if error.lineno else ""
            raise AuthorError(
                f"no valid Python: {error.msg}", where=f"{self.file}{line}"
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A first-party module; ``path`` is relative to its import root, with ``/``.

    ``imports`` are the first-party modules it imports, ``third_party`` the top-level names of
    everything else that is not standard library.
    """

    name: str
    path: str
    parsed: Parsed
    imports: tuple[str, ...]
    third_party: tuple[str, ...]

    @property
    def file(self) -> Path:
        return self.parsed.file

    @property
    def source(self) -> bytes:
        return self.parsed.source

    @property
    def tree(self) -> ast.Module:
        return self.parsed.tree


def reach(entries: dict[str, str]) -> dict[str, Module]:
    """All first-party modules reached from ``entries`` (module name to file), by name, sorted.

    Raises AuthorError for a module that is no valid Python.
    """
    roots = tuple(dict.fromkeys(str(project.import_root(file)) for file in entries.values()))
    wanted = _Wanted(":".join(["imports", *roots, *entries]))
    found: dict[str, Module] = {}
    queue = [(name, Path(file)) for name, file in entries.items()]
    while queue:
        name, file = queue.pop()
        if name in found:
            continue
        module = _read(name, file, roots, wanted)
        found[name] = module
        for other in module.imports:
            path = _find(other, roots)
            if path is not None and other not in found:
                queue.append((other, path))
    wanted.save()
    return dict(sorted(found.items()))


class _Wanted:
    """What each module imports, kept from one compilation to the next by the module's text."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kept = _MEMORY.load(name).get("imports", {})
        self._used: dict[str, list[str]] = {}

    def by(self, module: Parsed, package: str) -> list[str]:
        key = hashlib.sha256(f"{package}\n".encode() + module.source).hexdigest()
        if key not in self._used:
            known = self._kept.get(key)
            self._used[key] = _wanted(module.tree, package) if known is None else known
        return self._used[key]

    def save(self) -> None:
        if self._used != self._kept:
            _MEMORY.save(self._name, {"imports": self._used})


def _read(name: str, file: Path, roots: tuple[str, ...], wanted: _Wanted) -> Module:
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    parts = name.split(".")
    path = "/".join([*parts, "__init__.py"] if file.name == "__init__.py" else parts)
    parsed = Parsed(file, file.read_bytes())
    first: set[str] = set()
    third: set[str] = set()
    for dotted in wanted.by(parsed, package):
        ours = [above for above in _with_parents(dotted) if _find(above, roots) is not None]
        if ours:
            first.update(ours)
        else:
            third.add(dotted.partition(".")[0])
    first.update(above for above in _with_parents(package) if _find(above, roots) is not None)
    first.discard(name)
    return Module(
        name=name,
        path=path if path.endswith(".py") else f"{path}.py",
        parsed=parsed,
        imports=tuple(sorted(first)),
        third_party=tuple(sorted(third)),
    )


# Where a statement, an `except` or a `case` holds others.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")

_OURS = {"flowc", "flowc_backends", "flowc_runtime", "flowc_templates"}


def _wanted(tree: ast.Module, package: str) -> list[str]:
    """Dotted names that may be the author's or third-party modules, sorted."""
    names = set(_imported(tree, package))
    return sorted(
        name
        for name in names
        if not project.is_standard_library(name) and name.partition(".")[0] not in _OURS
    )


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Dotted names that may be modules: ``from a import b`` may mean ``a.b``."""
    for node in _statements(tree):
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


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """The statements at any depth: `ast.walk` goes through all expressions, ten times as many."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for block in _BLOCKS:
            waiting += getattr(node, block, ())


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
