"""Hooks: functions that are called at a moment of a step's or a run's life.

A hook's arguments are filled in by their names and annotations, and it needs none:

==================  ===================================================================
``step_name``       the invocation's id
``exception``       why the step failed; also any argument annotated with an exception
``step_output``     the value of the step's output; a dict by name when it has several
``context``         the step context; also any argument annotated with ``StepContext``
==================  ===================================================================

Arguments with a default are left alone when nothing fits.
"""

from __future__ import annotations

from flowc.errors import AuthorError, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Hook = Callable[..., Any] | str

STEP_EVENTS = ("on_start", "on_end", "on_success", "on_failure", "on_cached")
PIPELINE_EVENTS = ("on_init", "on_cleanup")
EVENTS = (*STEP_EVENTS, *PIPELINE_EVENTS)

CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR = 0x20, 0x80, 0x200  # inspect's; it costs 19 ms
DEFERRED = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
"""Flags of functions whose body does not run when they are called."""


class HookReference:
    """A hook, found again by its module and name in every container.

    ``by_name`` tells one that was given as an import path, which nobody has followed yet;
    ``where`` is then the place of the definition that names it. ``given`` is the function or class
    itself, where there is one.
    """

    __slots__ = ("by_name", "given", "module", "qualname", "where")

    def __init__(
        self,
        module: str,
        qualname: str,
        where: str,
        *,
        by_name: bool = False,
        given: object = None,
    ) -> None:
        self.module = module
        self.qualname = qualname
        self.where = where
        self.by_name = by_name
        self.given = given

    def __repr__(self) -> str:
        return f"{self.module}:{self.qualname}"


def hook_reference(event: str, hook: object, *, title: str, where: str) -> HookReference:
    """Raises AuthorError for what no container could find or call."""
    if isinstance(hook, str):
        return _from_import_string(event, hook, title, where)
    wants = "a function or its import path"
    found = function_reference(event, hook, title=title, where=where, wants=wants)
    check_runs(event, hook, title=title, where=found.where)
    _check_arguments(event, hook, title, found.where)
    return found


def function_reference(
    option: str, function: object, *, title: str, where: str, wants: str = "a function"
) -> HookReference:
    """Where every container finds a function; raises AuthorError when none could."""
    code = getattr(function, "__code__", None)
    name = getattr(function, "__name__", "")
    if code is None or hasattr(function, "__self__"):
        raise AuthorError(f"{title}: {option} wants {wants}, got {function!r}", where=where)
    place = f"{code.co_filename}:{code.co_firstlineno}"
    qualname: str = getattr(function, "__qualname__", name)
    if name == "<lambda>" or "<locals>" in qualname:
        what = (
            "a lambda" if name == "<lambda>" else f"'{name}', which is defined inside a function"
        )
        raise AuthorError(
            f"{title}: {option} is {what}; no container could import it",
            where=place,
            hint="write it with def at the top level of a module",
        )
    module = str(getattr(function, "__module__", ""))
    return HookReference(module, qualname, place, given=function)


def check_runs(option: str, function: Any, *, title: str, where: str) -> None:
    """Raises AuthorError for a function of which nothing would run when it is called."""
    if function.__code__.co_flags & DEFERRED:
        raise AuthorError(
            f"{title}: {option} is '{function.__name__}', which is a generator or a coroutine: "
            "nothing of it runs when it is called",
            where=where,
            hint="write a plain function, and run the loop inside",
        )


def _from_import_string(event: str, text: str, title: str, where: str) -> HookReference:
    module, colon, name = text.partition(":")
    if not colon:
        module, _, name = text.rpartition(".")
    parts = [*module.split("."), *name.split(".")]
    if not module or not all(part.isidentifier() for part in parts):
        raise AuthorError(
            f"{title}: {event} is the text {text!r}, which is no import path",
            where=where,
            hint="write it as package.module.function or package.module:function",
        )
    return HookReference(module, name, where, by_name=True)


def _check_arguments(event: str, hook: Any, title: str, place: str) -> None:
    from flowc_runtime.arguments import ARGUMENTS, fact_of

    code = hook.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    names: tuple[str, ...] = code.co_varnames[:count]
    optional = set(names[code.co_argcount - len(hook.__defaults__ or ()) : code.co_argcount])
    optional |= set(hook.__kwdefaults__ or {})
    known = ARGUMENTS[event]
    for name in names:
        if name in known or name in optional:
            continue
        if fact_of(hook.__annotations__.get(name), known, hook):
            continue
        raise AuthorError(
            f"{title}: {event} calls '{hook.__name__}', whose argument '{name}' has no meaning",
            where=place,
            hint=did_you_mean(name, list(known)) or "this hook gets no arguments",
        )
