"""What steps and pipelines have in common: a plain function of a module."""

from __future__ import annotations

from flowc.authoring.configuration import check_options, merge
from flowc.authoring.handles import author_location
from flowc.authoring.hooks import DEFERRED
from flowc.errors import AuthorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import Self


class Definition:
    """A decorated function with its options.

    ``entrypoint`` is the plain function.
    """

    kind = "definition"
    known: tuple[str, ...] = ()

    def __init__(
        self, function: Callable[..., Any], *, name: str | None, options: dict[str, Any]
    ) -> None:
        check_function(function, self.kind)
        self._define(function, function, name, options)

    def _define(
        self,
        function: Callable[..., Any],
        named: Callable[..., Any] | type,
        name: str | None,
        options: dict[str, Any],
    ) -> None:
        """``named`` is what the author called by a name: the function, or the class around it."""
        self.entrypoint = function
        _check_name(name, self.kind, self.where)
        self.name = named.__name__ if name is None else name
        self.__name__ = named.__name__
        self.__qualname__ = named.__qualname__
        self.__module__ = named.__module__
        self.__doc__ = named.__doc__
        self.__wrapped__ = function
        self.options = check_options(options, self.known, what=self.title, where=self.where)

    @property
    def where(self) -> str:
        code = self.entrypoint.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"

    @property
    def title(self) -> str:
        return f"{self.kind} '{self.name}'"

    def configure(self, **options: Any) -> Self:
        """Change the options in place; settings are merged key by key."""
        where = author_location() or self.where
        change = check_options(options, self.known, what=self.title, where=where)
        self.options = merge(self.options, change)
        return self

    def with_options(self, **options: Any) -> Self:
        """A copy with other options; this one stays as it is."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy.configure(**options)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} at {self.where}>"


def _check_name(name: object, kind: str, where: str) -> None:
    if name is not None and not (isinstance(name, str) and name.strip()):
        raise AuthorError(f"the name of a {kind} wants a text, got {name!r}", where=where)


def check_function(function: Any, kind: str) -> None:
    """Raise AuthorError unless ``function`` can be found again by its module and name."""
    code = getattr(function, "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}" if code is not None else ""
    if isinstance(function, type):
        raise AuthorError(
            f"the class '{function.__name__}' cannot be a {kind}",
            where=_class_location(function),
            hint=f"write a function and decorate that with @{kind}",
        )
    if code is None or hasattr(function, "__self__"):
        raise AuthorError(
            f"a {kind} is a plain function, got {_described(function)}",
            where=where or author_location(),
            hint="bound methods and callable objects carry state that no container has; "
            "pass the state as an input",
        )
    name = function.__name__
    if name == "<lambda>":
        raise AuthorError(f"a lambda cannot be a {kind}", where=where, hint="write it with def")
    check_place(function.__qualname__, code, kind, where)


def check_class(cls: type, kind: str) -> None:
    """Raise AuthorError unless a class stands where it can be imported, and has ``connect``."""
    method: Any = getattr(cls, "connect", None)
    code = getattr(method, "__code__", None)
    if code is None or hasattr(method, "__self__"):
        raise AuthorError(
            f"the class '{cls.__name__}' has no method 'connect' that could be a {kind}",
            where=_class_location(cls),
            hint=f"write def connect(self, ...) and call the steps in it, or decorate a function "
            f"with @{kind}",
        )
    check_place(cls.__qualname__, code, kind, f"{code.co_filename}:{code.co_firstlineno}")


def check_place(qualname: str, code: Any, kind: str, where: str) -> None:
    """Raise AuthorError for what no container can import, or call like a function."""
    name = qualname.rpartition(".")[2]
    if "<locals>" in qualname:
        raise AuthorError(
            f"{kind} '{name}' is defined inside a function, where no container can import it",
            where=where,
            hint="move it to the top level of its module",
        )
    if "." in qualname:
        raise AuthorError(
            f"{kind} '{name}' is defined inside a class",
            where=where,
            hint="move it to the top level of its module",
        )
    if code.co_filename.startswith("<"):
        raise AuthorError(
            f"{kind} '{name}' is defined in {code.co_filename}, where no container can import it",
            where=where,
            hint="write it into a module (a .py file) and import it from there",
        )
    if code.co_flags & DEFERRED:
        raise AuthorError(
            f"{kind} '{name}' is a generator or a coroutine",
            where=where,
            hint="return a list, or run the loop inside",
        )


def _class_location(cls: type) -> str:
    for member in vars(cls).values():
        code = getattr(member, "__code__", None)
        if code is not None:
            return f"{code.co_filename}:{code.co_firstlineno}"
    return author_location()


def _described(thing: Any) -> str:
    """Without an address, which would differ each time."""
    if hasattr(thing, "__self__"):
        return f"the bound method '{getattr(thing, '__qualname__', thing)}'"
    return f"an object of the class '{type(thing).__qualname__}'"
