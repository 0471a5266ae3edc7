"""Stand-ins for third-party modules that a step's image does not hold.

Steps of one module may live in different images, so ``import torch`` at its top must not fail in
the image of a step that never touches torch. ``install`` makes such an import bind a Placeholder.
While modules of the author are being executed it stands for anything: an attribute, a decorator,
a base class, an annotation, the result of a call. Afterwards, the first real use raises
MissingDependency, which names the step, its image and the distribution to add.

A placeholder is handed to the importing statement and never enters ``sys.modules``: other
libraries that look for an optional dependency, ``importlib`` and imports inside functions see
that the module is not there. So do imports inside a ``try`` that catches ImportError. That is why
this wraps ``__import__``: what a finder on ``sys.meta_path`` finds is in ``sys.modules`` for all.
"""

from __future__ import annotations

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from types import FrameType
    from typing import Any


class MissingDependency(ImportError):  # noqa: N818 - it says what is wrong
    """Code used something of a distribution that this step's image does not hold."""


class Installed:
    """What is known about this process; replaced as a whole by ``install``."""

    def __init__(self, step: str, image: str, first_party: Collection[str]) -> None:
        self.step = step
        self.image = image
        self.first_party = frozenset(first_party)
        self.modules: dict[str, Any] = {}


_installed: Installed | None = None
_frame: Callable[[int], FrameType] = vars(sys)["_getframe"]
_import: Callable[..., Any] = builtins.__import__


def install(step_id: str, image: str, first_party: Collection[str]) -> None:
    """Let modules whose top-level name is in ``first_party`` import what is missing here.

    To install again replaces what was installed.
    """
    global _installed, _import  # noqa: PLW0603 - one process runs one step
    _installed = Installed(step_id, image, first_party)
    if builtins.__import__ is not _import_or_stand_in:
        _import = builtins.__import__
        builtins.__import__ = _import_or_stand_in  # type: ignore[assignment]


def place() -> str:
    """Where this code runs, for messages."""
    if _installed is None:
        return "this image"
    image = f" ('{_installed.image}')" if _installed.image else ""
    return f"the image of step '{_installed.step}'{image}"


def distribution_of(module: str) -> str:
    """The distribution that most likely provides the module ``module`` (dotted)."""
    from flowc_runtime.imports import distributions

    return distributions.distribution_of(module)


def installed() -> Installed | None:
    """What ``install`` was told last."""
    return _installed


def is_first_party(namespace: Mapping[str, Any]) -> bool:
    """Whether these are the globals of a module of the author's."""
    name = namespace.get("__name__")
    if _installed is None or not isinstance(name, str):
        return False
    return name.partition(".")[0] in _installed.first_party


def _import_or_stand_in(
    name: str,
    globals: Mapping[str, Any] | None = None,  # noqa: A002 - called as builtins.__import__ is
    locals: Mapping[str, Any] | None = None,  # noqa: A002
    fromlist: tuple[str, ...] | None = (),
    level: int = 0,
) -> Any:
    # Functions have no locals here, so with some this is the body of a module or a class.
    may_stand_in = not (level or locals is None or globals is None or _installed is None)
    try:
        found = _import(name, globals, locals, fromlist, level)
    except ModuleNotFoundError as error:
        if not may_stand_in or not _is_missing(name, fromlist, error.name):
            raise
        if not is_first_party(globals or {}) or _is_guarded(_frame(1)):
            raise
        return _stand_in(name, fromlist)
    if may_stand_in and fromlist and _is_namespace(found) and is_first_party(globals or {}):
        return found if _is_guarded(_frame(1)) else _complete(found, name, fromlist)
    return found


def _is_guarded(frame: FrameType) -> bool:
    from flowc_runtime.imports import guards

    return guards.is_guarded(frame)


def _is_missing(name: str, fromlist: tuple[str, ...] | None, missing: str | None) -> bool:
    """Whether what is missing is the third-party module that the statement asks for.

    Not one that the found module needs in turn; and not a part of a distribution that is there,
    which is a typing error of the author's.
    """
    top = name.partition(".")[0]
    asked = missing is not None and f"{name}.".startswith(f"{missing}.")
    if not asked or "*" in (fromlist or ()) or not _is_third_party(top):
        return False
    return top not in sys.modules or _is_namespace(sys.modules[top])


def _is_third_party(top: str) -> bool:
    first_party = _installed.first_party if _installed is not None else ()
    return top not in first_party and top not in sys.stdlib_module_names


def _is_namespace(module: Any) -> bool:
    """Whether distributions share this package, so that one part of it can be missing."""
    return hasattr(module, "__path__") and getattr(module, "__file__", None) is None


def _stand_in(name: str, fromlist: tuple[str, ...] | None) -> Any:
    """What ``__import__`` returns: the module itself for ``from``, else its top-level parent."""
    top, *rest = name.split(".")
    modules: Mapping[str, Any] = sys.modules
    first = parent = modules.get(top) or _placeholder(top)
    path = top
    for part in rest:
        path = f"{path}.{part}"
        following = modules.get(path) or _placeholder(path)
        # `import google.cloud.storage`, where another distribution provides `google`.
        if not hasattr(parent, part):
            setattr(parent, part, following)
        parent = getattr(parent, part)
    return parent if fromlist else first


def _complete(package: Any, name: str, fromlist: tuple[str, ...]) -> Any:
    """What ``from google.cloud import storage`` takes its names from: parts can be missing."""
    parts = {part: getattr(package, part, None) for part in fromlist}
    missing = [part for part in parts if not hasattr(package, part)]
    if not missing or "*" in fromlist or not _is_third_party(name.partition(".")[0]):
        return package
    import types

    parts.update((part, _placeholder(f"{name}.{part}")) for part in missing)
    return types.SimpleNamespace(**parts)


def _placeholder(path: str) -> Any:
    """The one placeholder of a missing module, so that all modules of the author share it."""
    from flowc_runtime.imports.placeholders import Placeholder

    modules = _installed.modules if _installed is not None else {}
    parent, _, child = path.rpartition(".")
    if path not in modules:
        in_missing = parent in modules
        modules[path] = getattr(modules[parent], child) if in_missing else Placeholder(path, path)
    return modules[path]
