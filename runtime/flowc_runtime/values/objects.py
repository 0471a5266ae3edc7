"""Instances of the author's classes: found by name, taken apart and rebuilt without their code."""

from __future__ import annotations

import os
import sys

from flowc_runtime.values import NotDecodable, NotEncodable, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Python 3.13 alone says that pathlib's classes live in another module.
_MOVED = {"pathlib._local": "pathlib"}


def main_name() -> str | None:
    """The name under which others import the script that runs as ``__main__``."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    file = getattr(main, "__file__", None)
    return os.path.splitext(os.path.basename(file))[0] if file else None


def class_name(kind: type) -> str:
    """``module:Qualname`` by which ``find_class`` finds the class; raises NotEncodable."""
    module = _MOVED.get(kind.__module__, kind.__module__)
    if module == "__main__":
        module = main_name() or module
    name = f"{module}:{kind.__qualname__}"
    try:
        found = find_class(name)
    except NotDecodable:
        found = None
    if found is not kind:
        raise NotEncodable(
            f"is a {type_name(kind)}, a class that cannot be found again as {name} "
            "(define it at the top level of a module)"
        )
    return name


def find_class(name: str) -> Any:
    """What ``module:Qualname`` names; raises NotDecodable.

    The script that runs is looked into before it is imported a second time.
    """
    module_name, _, qualname = name.partition(":")
    module_name = _MOVED.get(module_name, module_name)
    reason = f"module '{module_name}' has no '{qualname}'"
    for module in _modules(module_name):
        found: Any = module
        for part in qualname.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return found
    raise NotDecodable(f"{name} is needed to read this value, but {reason}")


def _modules(name: str) -> Iterator[object]:
    if name == main_name():
        yield sys.modules["__main__"]
    if name not in sys.modules:
        _import(name)
    yield sys.modules[name]


def _import(name: str) -> None:
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        text = f"module '{name}' is needed to read this value, but '{missing}' is not installed"
        raise NotDecodable(text, missing) from error


def dataclass_state(value: Any) -> dict[str, Any]:
    """The fields that are set; raises NotEncodable when the instance holds more than fields."""
    kind: type = type(value)
    _check_layout(kind)
    names = _field_names(kind)
    own: dict[str, Any] = getattr(value, "__dict__", {})
    slots = _slots(kind)
    hidden = [name for name in slots if name not in names and _has_slot(value, slots[name])]
    hidden += [name for name in own if name not in names and not _is_cached(kind, name)]
    if hidden:
        raise NotEncodable(
            f"is a {type_name(kind)} with an attribute '{hidden[0]}' beside its fields"
        )
    state: dict[str, Any] = {}
    for name in names:
        if name in own:
            state[name] = own[name]
        elif name in slots and _has_slot(value, slots[name]):
            state[name] = slots[name].__get__(value)
    return state


def restore_dataclass(name: str, state: dict[str, Any]) -> Any:
    kind = find_class(name)
    names = _field_names(kind) if hasattr(kind, "__dataclass_fields__") else []
    unknown = [field for field in state if field not in names]
    if unknown:
        raise NotDecodable(f"{name} has no field '{unknown[0]}' any more")
    value = object.__new__(kind)
    slots = _slots(kind)
    for field, item in state.items():
        if field in slots:
            slots[field].__set__(value, item)
        else:
            value.__dict__[field] = item
    return value


def _field_names(kind: Any) -> list[str]:
    import dataclasses

    return [field.name for field in dataclasses.fields(kind)]


def _slots(kind: type) -> dict[str, Any]:
    """Descriptors of the slots, the most derived first; weak references are no state."""
    import types

    found: dict[str, Any] = {}
    for base in kind.__mro__:
        for name, item in vars(base).items():
            if type(item) is types.MemberDescriptorType:
                found.setdefault(name, item)
    return found


def _has_slot(value: object, slot: Any) -> bool:
    try:
        slot.__get__(value)
    except AttributeError:
        return False
    return True


def _is_cached(kind: type, name: str) -> bool:
    """Whether the attribute only remembers what its property computes from the fields."""
    import functools

    return any(
        isinstance(vars(base).get(name), functools.cached_property) for base in kind.__mro__
    )


def _check_layout(kind: type) -> None:
    """Refuse dataclasses that are dicts, exceptions ... as well: those hold state of their own."""
    for base in kind.__mro__:
        new = vars(base).get("__new__")
        if base is not object and new is not None and type(new) is type(object.__new__):
            raise NotEncodable(
                f"is a {type_name(kind)}, a dataclass that is also a {type_name(base)}"
            )
