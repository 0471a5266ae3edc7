"""Values of module globals, as they are where flowc compiles: for those whose source says too
little.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import threading
from pathlib import Path, PurePath
from types import CellType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from flowc.authoring.definition import Definition
from flowc.authoring.secrets import Secret
from flowc.narrowing import is_dict, is_sequence
from flowc.passes.code.outline import BLOCK, CLASS, FUNCTION, IMPORT, STATEMENT
from flowc_runtime import values

if TYPE_CHECKING:
    from flowc.trace.modules import Module


def digest_value(module: Module, name: str, kind: str) -> tuple[str, str]:
    """Digest of the value of a module's global, or why there is none.

    Both are empty when its code says everything. ``kind`` is of the statement that binds it: what
    was computed of a function or class, which object it is that was imported, else its value; of
    one that changes it, when it can be changed in place.
    """
    live = _find(module)
    if live is None or name not in vars(live):
        return "", "its module is not imported where flowc compiles"
    found = vars(live)[name]
    if isinstance(found, Definition):
        if kind != FUNCTION or found.entrypoint.__closure__ is None:
            return "", ""
        found = found.entrypoint
    if kind == STATEMENT and isinstance(found, UNCHANGING):
        return "", ""
    try:
        text = values.canonical(values.encode(_content(found, kind)))
    except values.NotEncodable as error:
        return "", f"no digest can be taken of it: {error}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), ""


def _find(module: Module) -> ModuleType | None:
    """The imported module; a script that runs has another name than in a container."""
    for name in (module.name, "__main__"):
        found = sys.modules.get(name)
        file = getattr(found, "__file__", None)
        if found is not None and file and Path(file).resolve() == module.file.resolve():
            return found
    return None


def _content(found: Any, kind: str) -> Any:
    if kind in {FUNCTION, CLASS}:
        return _parts(found)
    if kind == IMPORT:
        return [getattr(found, name, "") for name in ("__module__", "__qualname__", "__name__")]
    if isinstance(found, FunctionType) or (kind == BLOCK and isinstance(found, type)):
        raise values.NotEncodable(AMBIGUOUS)
    if isinstance(found, (type, ModuleType)):
        return found
    return repr(found) if isinstance(found, Secret) else _plain(found)


def _plain(found: Any, seen: tuple[object, ...] = ()) -> Any:
    """Functions and classes by their names, since their code counts, and what a function keeps."""
    if any(found is each for each in seen):
        return None
    inside: tuple[object, ...] = (*seen, found)
    exact = type(found) in {dict, list, tuple}  # others may be more than what they hold
    if exact and is_dict(found):
        return {key: _plain(each, inside) for key, each in found.items()}
    if exact and is_sequence(found):
        items = [_plain(each, inside) for each in found]
        return items if isinstance(found, list) else tuple(items)
    if isinstance(found, (FunctionType, type)):
        if "<lambda>" in found.__qualname__:
            raise values.NotEncodable(AMBIGUOUS)
        kept = _parts(found, seen) if isinstance(found, FunctionType) else None
        return [found.__module__, found.__qualname__, kept]
    if isinstance(found, ModuleType):
        return found.__name__
    return type(found).__qualname__ if isinstance(found, WITHOUT_VALUE) else found


UNCHANGING = (str, bytes, int, float, complex, frozenset, PurePath, type(None))

WITHOUT_VALUE: tuple[type, ...] = (
    type(threading.Lock()), type(threading.RLock()), threading.Condition, threading.Event,
    threading.Semaphore, threading.local, logging.Logger,
)  # fmt: skip
"""Of what is no result computed: it says nothing but what it is."""

AMBIGUOUS = "is a function or class, and more than one may have its name"


def _parts(found: Any, seen: tuple[object, ...] = ()) -> Any:
    """A function's defaults and what its closure holds, a class's attributes and methods."""
    while not isinstance(found, FunctionType) and hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    if any(found is each for each in seen):
        return None
    if isinstance(found, FunctionType):
        kept = [_cell(cell, (*seen, found)) for cell in found.__closure__ or ()]
        return _plain([found.__defaults__, found.__kwdefaults__, *kept], seen)
    if isinstance(found, type):
        members = {name: each for name, each in vars(found).items() if not name.startswith("__")}
        return {
            name: (_parts if isinstance(each, FunctionType) else _plain)(each, (*seen, found))
            for name, each in members.items()
            if isinstance(each, FunctionType) or not _is_code(each)
        }
    return found


def _cell(cell: CellType, seen: tuple[object, ...]) -> Any:
    """What a decorator kept; modules and classes count by their code."""
    try:
        found = cell.cell_contents
    except ValueError:  # not filled yet
        return None
    if isinstance(found, FunctionType):
        return _parts(found, seen)
    return None if isinstance(found, (type, ModuleType)) else _plain(found, seen)


def _is_code(value: Any) -> bool:
    return callable(value) or hasattr(value, "__get__") or type(value).__module__ == "_abc"
