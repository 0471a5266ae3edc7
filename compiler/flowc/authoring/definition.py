"""What steps and pipelines have in common: a plain function of a module."""

from __future__ import annotations

from flowc.authoring.configuration import check_options, merge
from flowc.errors import AuthorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import Self

CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR = 0x20, 0x80, 0x200  # inspect's; it costs 19 ms


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
        _check_name(name, self.kind)
        self.entrypoint = function
        self.name = function.__name__ if name is None else name
        self.__name__ = function.__name__
        self.__qualname__ = function.__qualname__
        self.__module__ = function.__module__
        self.__doc__ = function.__doc__
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
        change = check_options(options, self.known, what=self.title, where=self.where)
        self.options = merge(self.options, change)
        return self

    def with_options(self, **options: Any) -> Self:
        """A copy with other options; this one stays as it is."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy.configure(**options)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} at {self.where}>"


def _check_name(name: object, kind: str) -> None:
    if name is not None and not (isinstance(name, str) and name.strip()):
        raise AuthorError(f"the name of a {kind} wants a text, got {name!r}")


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
            f"a {kind} is a plain function, got {function!r}",
            where=where,
            hint="bound methods and callable objects carry state that no container has; "
            "pass the state as an input",
        )
    name = function.__name__
    if name == "<lambda>":
        raise AuthorError(f"a lambda cannot be a {kind}", where=where, hint="write it with def")
    if "<locals>" in function.__qualname__:
        raise AuthorError(
            f"{kind} '{name}' is defined inside a function, where no container can import it",
            where=where,
            hint="move it to the top level of its module",
        )
    if "." in function.__qualname__:
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
    if code.co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR):
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
    return cls.__module__
