"""Finds the pipeline that SOURCE names, and imports the author's module for it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.authoring.imported import OnlyImported
from flowc.authoring.pipeline import Pipeline
from flowc.errors import AuthorError, FlowcError, did_you_mean
from flowc.trace import import_root, module_name
from flowc.trace.pipeline import author_traceback

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from types import ModuleType


_changed: dict[str, tuple[str | None, str | None]] = {}
"""Variables that authors' modules changed while they were imported: what they were, and became."""


def variables_before() -> dict[str, str | None]:
    """What the environment was without the authors' modules, where they changed it; None for a
    variable that was not there. What somebody has set since stays as it is.
    """
    return {name: was for name, (was, now) in _changed.items() if os.environ.get(name) == now}


def load_pipeline(source: str) -> Pipeline:
    """``path/to/file.py`` or ``package.module``, with ``:pipeline`` when it has more than one.

    Raises AuthorError for a file, module or pipeline that is not there, and for an exception while
    the module is imported, then with the author's traceback.
    """
    place, _, wanted = _split(source)
    module = _load_file(place) if _is_path(place) else _load_module(place)
    return _choose(module, wanted, source)


def _split(source: str) -> tuple[str, str, str]:
    head, colon, tail = source.rpartition(":")
    if colon and tail.isidentifier() and len(head) > 1:
        return head, colon, tail
    return source, "", ""


def _is_path(place: str) -> bool:
    return place.endswith(".py") or "/" in place or Path(place).exists()


def _load_file(place: str) -> ModuleType:
    path = Path(place)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        near = (
            sorted(str(other) for other in path.parent.glob("*.py")) if not path.is_dir() else []
        )
        raise AuthorError(f"the file '{place}' {what}", hint=did_you_mean(place, near))
    if path.suffix != ".py":
        raise AuthorError(f"'{place}' is no Python file", hint="give a file that ends in .py")
    file = str(path.resolve())
    name, root = module_name(file), str(import_root(file))
    if name.partition(".")[0] in sys.stdlib_module_names:
        raise AuthorError(
            f"'{place}' has the name of a module of the standard library",
            hint="rename the file; inside a container one of the two could not be imported",
        )
    if not all(part.isidentifier() for part in name.split(".")):
        raise AuthorError(
            f"'{place}' cannot be imported as '{name}'",
            hint="use letters, digits and underscores in the names of files and folders",
        )
    if root not in sys.path:
        sys.path.insert(0, root)
    _forget_others(name, file, root)
    importlib.invalidate_caches()
    return _import(name)


def _forget_others(name: str, file: str, root: str) -> None:
    """Drop what was imported under the same name from another folder, with its whole package."""
    top = name.partition(".")[0]
    wanted = file if name == top else str(Path(root, top, "__init__.py"))
    loaded = sys.modules.get(top)
    if loaded is not None and getattr(loaded, "__file__", None) != wanted:
        for stale in [key for key in sys.modules if key.partition(".")[0] == top]:
            del sys.modules[stale]


def _load_module(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        missing = importlib.util.find_spec(name) is None
    except (ImportError, ValueError):
        missing = True
    if missing:
        raise AuthorError(
            f"there is no module '{name}'",
            hint="give a file (path/to/file.py) or a module that Python can import from here",
        )
    return _import(name)


def _import(name: str) -> ModuleType:
    try:
        with _watching_environment(), OnlyImported():
            return importlib.import_module(name)
    except FlowcError:
        raise
    except SyntaxError as error:
        raise AuthorError(f"no valid Python: {error.msg}", where=_place(error, name)) from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise AuthorError(
            f"the module '{name}' could not be imported\n{author_traceback(error)}"
        ) from None


@contextmanager
def _watching_environment() -> Generator[None]:
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in before.keys() | os.environ.keys():
            was, now = before.get(name), os.environ.get(name)
            if was != now:
                _changed[name] = (_changed.get(name, (was,))[0], now)


def _place(error: SyntaxError, name: str) -> str:
    """Of a NUL Python does not tell the place: then it is told who imports the file."""
    if error.filename:
        return f"{error.filename}:{error.lineno}" if error.lineno else error.filename
    importers = [
        f"{frame.filename}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen")
        and frame.filename not in {__file__, importlib.__file__}
    ]
    spec = importlib.util.find_spec(name)
    return importers[-1] if importers or spec is None else str(spec.origin)


def _choose(module: ModuleType, wanted: str, source: str) -> Pipeline:
    found = {name: value for name, value in vars(module).items() if isinstance(value, Pipeline)}
    classes = _classes(module)
    if wanted:
        if wanted not in found and wanted not in classes:
            raise AuthorError(
                f"'{source}' has no pipeline '{wanted}'",
                hint=did_you_mean(wanted, [*found, *classes]) or "it defines none",
            )
        return found[wanted] if wanted in found else _make(classes[wanted])
    own = {
        name: value
        for name, value in found.items()
        if value.entrypoint.__module__ == module.__name__
    }
    candidates: Mapping[str, Pipeline | type[Pipeline]] = own or found or classes
    if not candidates:
        raise AuthorError(
            f"'{source}' defines no pipeline", hint="decorate a function with @pipeline"
        )
    if len({id(value) for value in candidates.values()}) > 1:
        raise AuthorError(
            f"'{source}' defines several pipelines: {', '.join(sorted(candidates))}",
            hint=f"name one: {source}:{min(candidates)}",
        )
    chosen = next(iter(candidates.values()))
    return chosen if isinstance(chosen, Pipeline) else _make(chosen)


def _classes(module: ModuleType) -> dict[str, type[Pipeline]]:
    """Pipelines that the module writes as classes; one without ``connect`` is a base of others."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Pipeline)
        and value.__module__ == module.__name__
        and hasattr(value, "connect")
    }


def _make(cls: type[Pipeline]) -> Pipeline:
    """An instance of a class that stands for itself."""
    try:
        return cls()
    except TypeError as error:
        raise AuthorError(
            f"the pipeline class '{cls.__name__}' cannot be instantiated by itself: {error}",
            hint=f"write pipeline = {cls.__name__}(...) below it",
        ) from None
