"""Values of module globals, as they are where flowc compiles: for those whose source says too
little.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from flowc.authoring.definition import Definition
from flowc.authoring.secrets import Secret
from flowc.passes.code.outline import BLOCK, CLASS, FUNCTION, IMPORT
from flowc_runtime import values

if TYPE_CHECKING:
    from flowc.trace.modules import Module


def digest_value(module: Module, name: str, kind: str) -> tuple[str, str]:
    """Digest of the value of a module's global, or why there is none.

    Both are empty when its code says everything. ``kind`` is of the statement that binds it: what
    was computed of a function or class, which object it is that was imported, else its value.
    """
    live = _find(module)
    if live is None or name not in vars(live):
        return "", "its module is not imported where flowc compiles"
    found = vars(live)[name]
    if isinstance(found, Definition):
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
        raise values.NotEncodable("is a function or class, and more than one may have its name")
    return repr(found) if isinstance(found, Secret) else found


def _parts(found: Any) -> Any:
    """A function's defaults, a class's plain attributes."""
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    if isinstance(found, FunctionType):
        return [found.__defaults__, found.__kwdefaults__]
    if isinstance(found, type):
        return {
            name: value
            for name, value in vars(found).items()
            if not name.startswith("__") and not _is_code(value)
        }
    return found


def _is_code(value: Any) -> bool:
    return callable(value) or hasattr(value, "__get__") or type(value).__module__ == "_abc"
