"""Annotations as TypeSpec, and TypeSpec as text.

Only what a parameter needs inside the container: the annotations of the fields of its dataclass.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc_runtime.contract import TypeSpec

ANY: TypeSpec = {"kind": "any"}
_WRAPPERS = frozenset(["Annotated", "Final", "Required", "NotRequired", "ReadOnly"])
_SCALARS: dict[Any, Any] = {
    type(None): "none",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    bytes: "bytes",
}
_CONTAINERS: dict[Any, Any] = {
    list: "list",
    dict: "dict",
    set: "set",
    frozenset: "frozenset",
    tuple: "tuple",
}


def typespec(annotation: Any) -> TypeSpec:
    """The type of a resolved annotation; ``any`` for what says nothing about the value."""
    import types
    import typing

    from flowc_runtime.values import encode

    origin: Any = typing.get_origin(annotation)
    args: tuple[Any, ...] = typing.get_args(annotation)
    if getattr(origin, "_name", getattr(origin, "__name__", "")) in _WRAPPERS:
        return typespec(args[0])
    if hasattr(annotation, "__supertype__"):
        return typespec(annotation.__supertype__)
    if origin is typing.Union or origin is types.UnionType:
        return {"kind": "union", "args": [typespec(arg) for arg in args]}
    if origin is typing.Literal:
        return {"kind": "literal", "values": [encode(arg) for arg in args]}
    if annotation is typing.Any or annotation is object:
        return ANY
    return _class(origin or annotation, args)


def _class(kind: Any, args: tuple[Any, ...]) -> TypeSpec:
    from flowc_runtime.values import class_of, objects

    if kind is None:
        return {"kind": "none"}
    if type not in class_of(kind).__mro__:
        return ANY
    if kind in _CONTAINERS:
        return _container(_CONTAINERS[kind], args)
    if kind in _SCALARS:
        return {"kind": _SCALARS[kind]}
    return {"kind": "class", "name": objects.class_name(kind)}


def _container(kind: Any, args: tuple[Any, ...]) -> TypeSpec:
    variadic = kind == "tuple" and args[1:] == (Ellipsis,)
    items = args[:1] if variadic else args
    return {"kind": kind, "args": [typespec(arg) for arg in items], "variadic": variadic}


def type_text(spec: TypeSpec) -> str:
    kind = spec.get("kind", "any")
    args = [type_text(arg) for arg in spec.get("args", [])]
    if kind == "class":
        name = spec.get("name", "").replace("pathlib._local:", "pathlib:")
        return name.replace(":", ".").removeprefix("builtins.")
    if kind == "union":
        return " | ".join(args)
    if kind == "literal":
        args = [_literal_text(value) for value in spec.get("values", [])]
    if spec.get("variadic"):
        args.append("...")
    name = _NAMES.get(kind, kind)
    return f"{name}[{', '.join(args)}]" if args else name


def _literal_text(encoded: Any) -> str:
    from flowc_runtime.values import decode

    try:
        name, member = encoded["$enum"]
    except (TypeError, KeyError):
        return repr(decode(encoded))
    return f"{name.rpartition(':')[2]}.{member}"


_NAMES = {"none": "None", "any": "Any", "literal": "Literal"}
