"""Instances of the author's classes: found by name, taken apart and rebuilt without their code."""

from __future__ import annotations

import sys

from flowc_runtime.values import NotDecodable, NotEncodable, class_of, module_of, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main_name() -> str | None:
    """The name under which others import the script that runs as ``__main__``."""
    import os

    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    file = getattr(main, "__file__", None)
    if not file:
        return None
    folder, script = os.path.split(os.path.abspath(str(file)))
    name = script.rpartition(".")[0] or script
    while os.path.exists(f"{folder}/__init__.py"):
        folder, package = os.path.split(folder)
        name = f"{package}.{name}"
    return name


def class_name(kind: type) -> str:
    """``module:Qualname`` by which ``find_class`` finds the class; raises NotEncodable."""
    name = reference_to(kind)
    if name is None:
        raise NotEncodable(
            f"is a {type_name(kind)}, a class that cannot be found again by its name "
            "(define it at the top level of a module)"
        )
    return name


def reference_to(definition: Any) -> str | None:
    """``module:Qualname`` of a class or function, if that is where it is found."""
    module = sys.modules.get(definition.__module__)
    if module is None or _attribute(module, definition.__qualname__) is not definition:
        return None
    name = main_name() if module is sys.modules.get("__main__") else module_of(definition)
    return f"{name}:{definition.__qualname__}" if name else None


def find_class(name: str) -> Any:
    """What ``module:Qualname`` names; raises NotDecodable.

    The script that runs is looked into before it is imported a second time.
    """
    module_name, _, qualname = name.partition(":")
    if module_name not in sys.modules and module_name == main_name():
        found = _attribute(sys.modules["__main__"], qualname)
        if found is not None:
            return found
    found = _attribute(
        _module("pathlib" if module_name == "pathlib._local" else module_name), qualname
    )
    if found is None:
        reason = f"module '{module_name}' has no '{qualname}'"
        raise NotDecodable(f"{name} is needed to read this value, but {reason}")
    return found


def _attribute(module: object, qualname: str) -> Any:
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def _module(name: str) -> object:
    if name not in sys.modules:
        try:
            __import__(name)
        except ModuleNotFoundError as error:
            missing = error.name or name
            text = (
                f"module '{name}' is needed to read this value, but '{missing}' is not installed"
            )
            raise NotDecodable(text, missing) from error
    return sys.modules[name]


class _Layout:
    """Where instances of a dataclass keep what."""

    def __init__(self, kind: Any) -> None:
        import dataclasses
        import functools
        import types

        self.names = [field.name for field in dataclasses.fields(kind)]
        self.slots: dict[str, Any] = {}
        self.cached: set[str] = set()
        self.builtin: type | None = None
        bases: list[type] = kind.__mro__
        for base in bases:
            new: Any = vars(base).get("__new__")
            if base is not object and type(new) is types.BuiltinFunctionType:
                self.builtin = base
            for name, item in vars(base).items():
                if type(item) is types.MemberDescriptorType:
                    self.slots.setdefault(name, item)
                elif isinstance(item, functools.cached_property):
                    self.cached.add(name)
        self.hidden = [name for name in self.slots if name not in self.names]


_layouts: dict[type, _Layout] = {}


def _layout(kind: type) -> _Layout:
    if kind not in _layouts:
        _layouts[kind] = _Layout(kind)
    return _layouts[kind]


def dataclass_state(value: Any) -> dict[str, Any]:
    """The fields that are set; raises NotEncodable when the instance holds more than fields.

    What a cached property remembers is not state: it is computed from the fields.
    """
    kind = class_of(value)
    layout = _layout(kind)
    if layout.builtin is not None:
        # A dict or an exception holds state of its own.
        also = type_name(layout.builtin)
        raise NotEncodable(f"is a {type_name(kind)}, a dataclass that is also a {also}")
    own: dict[str, Any] = getattr(value, "__dict__", {})
    hidden = [name for name in layout.hidden if _has(value, layout.slots[name])]
    hidden += [name for name in own if name not in layout.names and name not in layout.cached]
    if hidden:
        problem = f"has an attribute '{hidden[0]}' that is no field"
        raise NotEncodable(f"is a {type_name(kind)} that {problem}")
    state: dict[str, Any] = {}
    for name in layout.names:
        if name in own:
            state[name] = own[name]
        elif name in layout.slots and _has(value, layout.slots[name]):
            state[name] = layout.slots[name].__get__(value)
    return state


def restore_dataclass(name: str, state: dict[str, Any]) -> Any:
    """The instance, without ``__init__`` and ``__post_init__``: they have run already."""
    kind = find_class(name)
    if not hasattr(kind, "__dataclass_fields__"):
        raise NotDecodable(f"{name} is no dataclass any more")
    layout = _layout(kind)
    value = class_of(object()).__new__(kind)
    for field, item in state.items():
        if field not in layout.names:
            raise NotDecodable(f"{name} has no field '{field}' any more")
        if field in layout.slots:
            layout.slots[field].__set__(value, item)
        else:
            value.__dict__[field] = item
    return value


def _has(value: object, slot: Any) -> bool:
    try:
        slot.__get__(value)
    except AttributeError:
        return False
    return True
