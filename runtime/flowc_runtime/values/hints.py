"""Annotations as TypeSpec, and TypeSpec as text.

Only what a parameter needs inside the container: the annotations of the fields of its dataclass.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc_runtime.contract import TypeSpec

ANY: TypeSpec = {"kind": "any"}
_SCALARS = {bool: "bool", int: "int", float: "float", str: "str", bytes: "bytes"}
_CONTAINERS = {list: "list", dict: "dict", set: "set", frozenset: "frozenset", tuple: "tuple"}


def typespec(annotation: Any) -> TypeSpec:
    """The type of a resolved annotation; ``any`` for what says nothing about the value."""
    import types
    import typing

    from flowc_runtime.values import encode, objects

    origin = typing.get_origin(annotation)
    args = typing.get_args(annotation)
    if annotation is None or annotation is type(None):
        return {"kind": "none"}
    if (
        origin in {typing.Annotated, typing.Final, typing.Required, typing.NotRequired}
        if hasattr(typing, "Required")
        else origin in {typing.Annotated, typing.Final}
    ):
        return typespec(args[0])
    if origin in {typing.Union, types.UnionType}:
        return {"kind": "union", "args": [typespec(arg) for arg in args]}
    if origin is typing.Literal:
        return {"kind": "literal", "values": [encode(arg) for arg in args]}
    if hasattr(annotation, "__supertype__"):
        return typespec(annotation.__supertype__)
    kind = origin or annotation
    if not isinstance(kind, type) or kind is object:
        return ANY
    if kind in _SCALARS:
        return {"kind": _SCALARS[kind]}  # type: ignore[typeddict-item]
    if kind in _CONTAINERS:
        return _container(_CONTAINERS[kind], args)
    return {"kind": "class", "name": objects.class_name(kind)}


def _container(kind: Any, args: tuple[Any, ...]) -> TypeSpec:
    variadic = kind == "tuple" and len(args) == 2 and args[1] is Ellipsis  # noqa: PLR2004 - X, ...
    items = args[:1] if variadic else args
    return {"kind": kind, "args": [typespec(arg) for arg in items], "variadic": variadic}


def type_text(spec: TypeSpec) -> str:
    kind = spec["kind"]
    args = [type_text(arg) for arg in spec.get("args", [])]
    if kind == "none":
        return "None"
    if kind == "any":
        return "Any"
    if kind == "class":
        return spec["name"].replace(":", ".").removeprefix("builtins.")
    if kind == "union":
        return " | ".join(args)
    if kind == "literal":
        return f"Literal[{', '.join(_literal_text(value) for value in spec['values'])}]"
    if not args:
        return kind
    return f"{kind}[{', '.join([*args, '...'] if spec.get('variadic') else args)}]"


def _literal_text(encoded: Any) -> str:
    from flowc_runtime.values import decode

    if isinstance(encoded, dict) and "$enum" in encoded:
        name, member = encoded["$enum"]
        return f"{name.rpartition(':')[2]}.{member}"
    return repr(decode(encoded))
