"""What counts for the cache, where that is not simply a step's code and all of its inputs."""

from __future__ import annotations

from flowc.authoring.arguments import check_names
from flowc.authoring.handles import author_location
from flowc.authoring.hooks import HookReference, check_runs, function_reference
from flowc.authoring.numbers import LARGEST, shown
from flowc.errors import AuthorError, did_you_mean
from flowc.narrowing import is_sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from typing import Any

VERSIONS = ("ignore", "minor", "exact")
TITLE = "CachePolicy"

CO_VARARGS, CO_VARKEYWORDS = 0x04, 0x08  # inspect's; it costs 19 ms


class KeyFunction:
    """A key function's place and the inputs that it takes.

    ``needed`` have no default; ``everything`` says that it takes whatever there is.
    """

    __slots__ = ("everything", "needed", "optional", "reference")

    def __init__(self, function: Any, where: str) -> None:
        self.reference = function_reference("key", function, title=TITLE, where=where)
        check_runs("key", function, title=TITLE, where=self.reference.where)
        code = function.__code__
        count = code.co_argcount + code.co_kwonlyargcount
        names: tuple[str, ...] = code.co_varnames[:count]
        optional = set(
            names[code.co_argcount - len(function.__defaults__ or ()) : code.co_argcount]
        )
        optional |= set(function.__kwdefaults__ or {})
        self.needed = tuple(name for name in names if name not in optional)
        self.optional = tuple(name for name in names if name in optional)
        self.everything = bool(code.co_flags & CO_VARKEYWORDS)
        if code.co_flags & CO_VARARGS or code.co_posonlyargcount:
            raise AuthorError(
                f"{TITLE}: the key function '{function.__name__}' takes arguments by position",
                where=self.reference.where,
                hint="it is given the step's inputs by their names",
            )


class CachePolicy:
    """What counts for a step's cache key beside its code, and how long an entry counts.

    ``ignore_inputs`` do not count. ``files`` do: glob patterns relative to the file in which the
    policy is written. So does the code of ``objects``, functions and classes that the step's own
    code does not lead to. ``key`` is a function that is called with those inputs that it names,
    where the step runs; what it returns counts in their place. Entries older than ``expires``
    (seconds or a timedelta) are made anew. ``versions`` says how much of the versions of Python
    and of the libraries that the code uses counts: "ignore", "minor" or "exact". Raises
    AuthorError for anything else.
    """

    __slots__ = (
        "expires", "files", "ignore_inputs", "key", "objects", "versions", "where",
    )  # fmt: skip

    @check_names()
    def __init__(
        self,
        *,
        ignore_inputs: Sequence[str] = (),
        files: Sequence[str] = (),
        objects: Sequence[Callable[..., Any] | type] = (),
        key: Callable[..., Any] | None = None,
        expires: float | timedelta | None = None,
        versions: str = "minor",
    ) -> None:
        self.where = author_location()
        self.ignore_inputs = self._texts("ignore_inputs", ignore_inputs, "names of inputs")
        self.files = self._texts("files", files, "glob patterns")
        self.objects = self._objects(objects)
        self.key = None if key is None else KeyFunction(key, self.where)
        self.expires = self._seconds(expires)
        self.versions = self._level(versions)

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__slots__ if name != "where"}
        parts = ", ".join(f"{name}={value!r}" for name, value in shown.items() if value)
        return f"CachePolicy({parts})"

    def _wrong(self, name: str, wants: str, value: object) -> AuthorError:
        return AuthorError(f"{TITLE}: {name} wants {wants}, got {shown(value)}", where=self.where)

    def _texts(self, name: str, value: Any, what: str) -> tuple[str, ...]:
        if not is_sequence(value) or not all(isinstance(it, str) and it for it in value):
            raise self._wrong(name, f"a list of {what}", value)
        return tuple(value)

    def _objects(self, value: Any) -> tuple[HookReference, ...]:
        if not is_sequence(value):
            raise self._wrong("objects", "a list of functions and classes", value)
        return tuple(self._object(getattr(item, "entrypoint", item)) for item in value)

    def _object(self, item: Any) -> HookReference:
        if not isinstance(item, type):
            return function_reference("objects", item, title=TITLE, where=self.where)
        if "<locals>" in item.__qualname__:
            raise AuthorError(
                f"{TITLE}: objects names '{item.__name__}', which is defined inside a function",
                where=self.where,
                hint="move it to the top level of its module",
            )
        return HookReference(item.__module__, item.__qualname__, self.where, given=item)

    def _seconds(self, value: Any) -> float | None:
        if value is None:
            return None
        number = value.total_seconds() if hasattr(value, "total_seconds") else value
        if type(number) not in (int, float) or not 0 < number <= LARGEST:
            raise self._wrong("expires", "seconds above 0 or a timedelta", value)
        return float(number)

    def _level(self, value: Any) -> str:
        if value not in VERSIONS:
            raise AuthorError(
                f"{TITLE}: versions wants one of {', '.join(VERSIONS)}, got {value!r}",
                where=self.where,
                hint=did_you_mean(str(value), list(VERSIONS)),
            )
        return str(value)
