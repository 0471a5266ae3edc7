"""Annotations as IR types, and the outputs that a return annotation declares."""

from __future__ import annotations

import json
import types
import typing
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.errors import AuthorError
from flowc.trace import project
from flowc_runtime import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.contract import TypeSpec

NONE = ir.Type(kind="none")
_ATOMS = {
    None: NONE,
    type(None): NONE,
    bool: ir.Type(kind="bool"),
    int: ir.Type(kind="int"),
    float: ir.Type(kind="float"),
    str: ir.Type(kind="str"),
    bytes: ir.Type(kind="bytes"),
    Any: ir.ANY,
    object: ir.ANY,
}
_CONTAINERS = {list: "list", dict: "dict", set: "set", frozenset: "frozenset", tuple: "tuple"}


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The function's annotations, resolved; what cannot be resolved here is left out.

    A name imported under ``if TYPE_CHECKING`` does not exist at run time; such an annotation is
    worth as much as none, and the others as much as ever.
    """
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # noqa: BLE001 - an annotation is an arbitrary expression of the author
        hints: dict[str, Any] = {}
        for name, hint in function.__annotations__.items():
            hints |= _hint_alone(function, name, hint)
        return hints


def _hint_alone(function: Callable[..., Any], name: str, hint: Any) -> dict[str, Any]:
    alone = types.SimpleNamespace(__annotations__={name: hint})
    try:
        return typing.get_type_hints(alone, function.__globals__, include_extras=True)
    except Exception:  # noqa: BLE001 - as above
        return {}


def type_spec(wanted: ir.Type) -> Any:
    """The wire's form of a type."""
    spec: dict[str, Any] = {"kind": wanted.kind}
    if wanted.args:
        spec["args"] = [type_spec(arg) for arg in wanted.args]
    if wanted.variadic:
        spec["variadic"] = True
    if wanted.values:
        spec["values"] = [json.loads(text) for text in wanted.values]
    if wanted.name:
        spec["name"] = wanted.name
    return spec


def type_of_spec(spec: TypeSpec) -> ir.Type:
    """The IR type of the wire's form of it."""
    return ir.Type(
        kind=spec.get("kind", "any"),
        args=tuple(type_of_spec(arg) for arg in spec.get("args", ())),
        variadic=spec.get("variadic", False),
        values=tuple(json.dumps(value) for value in spec.get("values", ())),
        name=spec.get("name", ""),
    )


def type_of(annotation: Any) -> ir.Type:  # noqa: PLR0911 - one for each form
    """The IR type of an annotation; ``any`` for what a value cannot be checked against."""
    if _hashable(annotation) and annotation in _ATOMS:
        return _ATOMS[annotation]
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return type_of(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        alternatives = tuple(type_of(arg) for arg in typing.get_args(annotation))
        return ir.Type(kind="union", args=alternatives)
    if origin is typing.Literal:
        texts = tuple(json.dumps(values.encode(arg)) for arg in typing.get_args(annotation))
        return ir.Type(kind="literal", values=texts)
    container = _CONTAINERS.get(origin or annotation) if _hashable(annotation) else None
    if container is not None:
        return _container(container, typing.get_args(annotation))
    if isinstance(annotation, type) and "<locals>" not in annotation.__qualname__:
        module = values.module_of(annotation)
        if module == "__main__":
            module = project.module_of(annotation)
        name = f"{module}:{annotation.__qualname__}"
        return ir.Type(kind="class", name=name)
    return ir.ANY


def declared_outputs(function: Callable[..., Any], hints: dict[str, Any], where: str) -> Outputs:
    """The outputs that the return annotation declares.

    Raises AuthorError for several outputs without names, for a name used twice, and for names in
    an annotation that cannot be read.
    """
    if "return" not in hints:
        unresolved = function.__annotations__.get("return")
        if unresolved in (None, "None") and "return" in function.__annotations__:
            return ()
        if "Annotated" in str(unresolved):
            raise AuthorError(
                f"step '{function.__name__}' names its outputs in an annotation that cannot be "
                f"resolved: {unresolved}",
                where=where,
                hint="import all of its names outside of `if TYPE_CHECKING:`",
            )
        return (ir.Output(name="output", type=ir.ANY),)
    annotation = hints["return"]
    if annotation in (None, type(None)):
        return ()
    if typing.get_origin(annotation) is tuple:
        args = typing.get_args(annotation)
        named = [_name_in(arg) is not None for arg in args]
        if any(named) and all(named):
            return _named_outputs(args, where)
        if args[1:] != (Ellipsis,):
            raise AuthorError(
                f"step '{function.__name__}' returns several values without names for all",
                where=where,
                hint='name each: -> tuple[Annotated[int, "a"], Annotated[str, "b"]], or make it '
                'one output: -> Annotated[tuple[int, str], "pair"]',
            )
    return (ir.Output(name=_name_in(annotation) or "output", type=type_of(annotation)),)


Outputs = tuple[ir.Output, ...]


def _named_outputs(args: tuple[Any, ...], where: str) -> Outputs:
    outputs = tuple(ir.Output(name=_name_in(arg) or "", type=type_of(arg)) for arg in args)
    names = [output.name for output in outputs]
    for name in names:
        if names.count(name) > 1:
            raise AuthorError(f"the output name '{name}' is used twice", where=where)
    return outputs


def _name_in(annotation: Any) -> str | None:
    if typing.get_origin(annotation) is not typing.Annotated:
        return None
    return next((extra for extra in annotation.__metadata__ if isinstance(extra, str)), None)


def _container(kind: str, args: tuple[Any, ...]) -> ir.Type:
    variadic = kind == "tuple" and args[1:] == (Ellipsis,)
    items = args[:1] if variadic else args
    if items == ((),) or any(map(_is_unpacked, items)):
        items = ()
    return ir.Type(kind=kind, args=tuple(type_of(arg) for arg in items), variadic=variadic)


def _is_unpacked(arg: Any) -> bool:
    """Whether it stands for any number of items: ``*tuple[int, ...]``, ``*Ts``."""
    origin = typing.get_origin(arg)
    return getattr(arg, "__unpacked__", False) or getattr(origin, "_name", "") == "Unpack"


def _hashable(annotation: Any) -> bool:
    try:
        hash(annotation)
    except TypeError:
        return False
    return True
