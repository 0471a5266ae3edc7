"""What an author chose to write and read a step's outputs."""

from __future__ import annotations

import importlib
import inspect
from types import FunctionType
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.errors import AuthorError, did_you_mean
from flowc.trace.identity import check_identity
from flowc.trace.project import is_first_party, module_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    from flowc.authoring.step import Step

_METHODS = {"save": ("value", "path"), "load": ("path",)}


def with_materializers(
    step: Step,
    outputs: tuple[ir.Output, ...],
    chosen: Mapping[str, Any],
    places: Mapping[str, str],
) -> tuple[ir.Output, ...]:
    """``places`` are those of materializers that the run configuration chooses.

    Raises AuthorError for an output that does not exist, and for a class that is here and could
    not write and read one.
    """
    if not chosen:
        return outputs
    check_outputs(step.title, dict.fromkeys(chosen, step.where), outputs)
    return tuple(
        ir.Output(
            name=output.name,
            type=output.type,
            materializer=_import_string(
                chosen.get(output.name, ""),
                f"{step.title}: output '{output.name}'",
                places.get(output.name, step.where),
            ),
        )
        for output in outputs
    )


def check_outputs(title: str, named: Mapping[str, str], outputs: tuple[ir.Output, ...]) -> None:
    """``named`` are outputs, each with the place that gives it a materializer."""
    for name, where in named.items():
        if name not in {output.name for output in outputs}:
            raise AuthorError(
                f"{title} has no output '{name}' to give a materializer",
                where=where,
                hint=f"its outputs: {', '.join(output.name for output in outputs) or 'none'}",
            )


def _import_string(materializer: Any, title: str, where: str) -> str:
    if isinstance(materializer, type):
        name = f"{module_of(materializer)}:{materializer.__qualname__}"
        _check(materializer, name, title, where)
        check_identity(materializer, what=title, where=where)
        return name
    text: str = materializer if isinstance(materializer, str) else "."
    if not text:
        return ""
    module, name = _parts(text)
    if not module or not name:
        raise AuthorError(
            f"{title}: a materializer is a class or its import path, got {materializer!r}",
            where=where,
        )
    try:
        imported = importlib.import_module(module)
    except ImportError:  # it may be installed in the step's image alone
        return f"{module}:{name}"
    found: Any = imported
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is not None:
        _check(found, f"{module}:{name}", title, where)
    elif is_first_party(getattr(imported, "__file__", None) or ""):
        raise _missing(imported, name, title, where)
    return f"{module}:{name}"


def _parts(text: str) -> tuple[str, str]:
    module, colon, name = text.partition(":")
    if not colon:
        module, _, name = text.rpartition(".")
    return ("" if module.startswith(".") else module), name


def _missing(module: ModuleType, name: str, title: str, where: str) -> AuthorError:
    classes = [key for key, item in vars(module).items() if isinstance(item, type)]
    return AuthorError(
        f"{title}: module '{module.__name__}' has no materializer '{name}'",
        where=where,
        hint=did_you_mean(name, classes),
    )


def _check(found: Any, name: str, title: str, where: str) -> None:
    problems = list(_problems(found)) if isinstance(found, type) else ["it is no class"]
    if problems:
        raise AuthorError(
            f"{title}: '{name}' is no materializer: {', '.join(problems)}",
            where=where,
            hint="write a class with save(value, path) and load(path), made without arguments",
        )


def _problems(found: type) -> Iterator[str]:
    if "<locals>" in found.__qualname__:
        yield "it is defined inside a function"
    if not _takes(found):
        yield "it cannot be made without arguments"
    if inspect.isabstract(found):
        yield "it is abstract"
    for name, arguments in _METHODS.items():
        method = inspect.getattr_static(found, name, None)
        if method is None and not hasattr(found, "__getattr__"):
            yield f"it has no {name}({', '.join(arguments)})"
        elif method is not None and not _is_method(found, name, method, arguments):
            yield f"its {name} cannot be called with ({', '.join(arguments)})"


def _is_method(found: type, name: str, method: Any, arguments: tuple[str, ...]) -> bool:
    """Whether instances can call it; what another descriptor returns is not known."""
    if isinstance(method, FunctionType):
        return _takes(method, "self", *arguments)
    if isinstance(method, (staticmethod, classmethod)):
        return _takes(getattr(found, name), *arguments)
    return callable(method) or hasattr(method, "__get__")


def _takes(called: Callable[..., Any], *arguments: str) -> bool:
    """Whether a call with so many arguments can succeed, as far as its signature is known."""
    try:
        signature = inspect.signature(called, follow_wrapped=False)  # a wrapper takes its own
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True
