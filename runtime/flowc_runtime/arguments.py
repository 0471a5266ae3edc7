"""What a hook's argument stands for: told by its name, else by its annotation."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ARGUMENTS = {
    "on_start": ("step_name", "context"),
    "on_end": ("step_name", "context", "exception"),
    "on_success": ("step_name", "context", "step_output"),
    "on_failure": ("step_name", "context", "exception"),
    "on_cached": ("step_name", "context", "step_output"),
    "on_init": (),
    "on_cleanup": ("exception",),
}
"""What can be filled in at each moment."""


def fact_of(annotation: object, known: tuple[str, ...], function: object) -> str:
    """Which of what is ``known`` an annotation asks for, empty when none.

    An exception's class, a union with one (``ValueError | None``), and the same as text, which is
    read in the module of ``function``.
    """
    scope = _scope(function)
    if "exception" in known and _names(annotation, scope, _is_exception):
        return "exception"
    return "context" if "context" in known and _names(annotation, scope, _is_context) else ""


def _scope(function: Any) -> Mapping[str, object]:
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    called = getattr(function, "__func__", function)
    return getattr(called, "__globals__", {})


def _names(annotation: Any, scope: Mapping[str, object], wanted: Any) -> bool:
    text = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(text, str):
        parts = "".join(c if c.isalnum() or c in "._" else " " for c in text).split()
        return any(wanted(_find(part, scope), part.rpartition(".")[2]) for part in parts)
    if isinstance(annotation, type):
        return bool(wanted(annotation, annotation.__name__))
    members: tuple[object, ...] = getattr(annotation, "__args__", ())
    return any(_names(each, scope, wanted) for each in members)


def _find(dotted: str, scope: Mapping[str, object]) -> object:
    """What a name is; None for one that only type checkers import."""
    import builtins

    first, *rest = dotted.split(".")
    found: object = scope.get(first, getattr(builtins, first, None))
    for name in rest:
        found = getattr(found, name, None)
    return found


def _is_exception(found: object, name: str) -> bool:
    if isinstance(found, type):
        return issubclass(found, BaseException)
    return found is None and name.endswith(("Exception", "Error"))


def _is_context(_found: object, name: str) -> bool:
    return name == "StepContext"
