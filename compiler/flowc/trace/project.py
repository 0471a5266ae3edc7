"""Where the author's code lives: the project's root, import roots and module names."""

from __future__ import annotations

import sys
import sysconfig
from functools import cache
from pathlib import Path

from flowc import ir

MARKERS = ("pyproject.toml", "flowc.toml", "setup.cfg", "setup.py", ".git")
"""What makes a folder the root of a project."""


@cache
def project_root(file: str) -> Path:
    """The nearest folder above ``file`` with one of MARKERS, else its import root."""
    path = Path(file).resolve()
    for folder in path.parents:
        if any((folder / marker).exists() for marker in MARKERS):
            return folder
    return import_root(file)


@cache
def import_root(file: str) -> Path:
    """The folder that must be on ``sys.path`` to import ``file``: above its topmost package."""
    folder = Path(file).resolve().parent
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
    return folder


@cache
def module_name(file: str) -> str:
    """The dotted name under which ``file`` is imported from its import root."""
    path = Path(file).resolve()
    parts = path.relative_to(import_root(file)).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def real_module(name: str, file: str) -> str:
    """The module's name; for a script run as ``__main__`` the name it has in a container."""
    return module_name(file) if name == "__main__" else name


def module_of(kind: type) -> str:
    """The module in which every container finds a class."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return real_module(kind.__module__, file) if file else kind.__module__


@cache
def relative(file: str, root: Path) -> str:
    """``file`` relative to the project's root; its bare name when it lies outside."""
    path = Path(file).resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def location(file: str, line: int, root: Path) -> ir.Location:
    return ir.Location(file=relative(file, root), line=line)


@cache
def _installed_folders() -> tuple[Path, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {Path(sysconfig.get_paths()[name]).resolve() for name in names}
    return tuple(sorted(paths))


def is_first_party(file: str) -> bool:
    """Whether a module's file is the author's own: not standard library, not installed."""
    path = Path(file).resolve()
    if path.suffix != ".py":
        return False
    if {"site-packages", "dist-packages"} & set(path.parts):
        return False
    return not any(path.is_relative_to(folder) for folder in _installed_folders())


def is_standard_library(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names
