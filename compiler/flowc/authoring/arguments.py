"""Names of arguments of what authors configure with: a wrong one is told like any wrong option."""

from __future__ import annotations

from flowc.authoring.handles import author_location
from flowc.errors import AuthorError, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Init = TypeVar("Init", bound=Callable[..., None])


def check_names(*more: str) -> Callable[[Init], Init]:
    """For an ``__init__``: raises AuthorError for an argument that it does not have by name.

    ``more`` are names that it takes by ``**``.
    """

    def decorate(init: Init) -> Init:
        code = init.__code__
        known = [*code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount], *more]
        by_position = known[: code.co_argcount - 1]

        def checked(self: object, *args: Any, **kwargs: Any) -> None:
            title, problem, hint = type(self).__name__, "", ""
            if len(args) > len(by_position):
                problem = f"takes {len(by_position)} values without a name, got {len(args)}"
                hint = f"give them by name: {', '.join(known)}"
            for name in kwargs:
                if name not in known:
                    problem, hint = f"has no option '{name}'", did_you_mean(name, known)
                elif name in by_position[: len(args)]:
                    problem = f"is given '{name}' twice"
            if problem:
                raise AuthorError(f"{title} {problem}", where=author_location(), hint=hint)
            init(self, *args, **kwargs)

        checked.__doc__, checked.__qualname__ = init.__doc__, init.__qualname__
        checked.__wrapped__ = init  # type: ignore[attr-defined]  # for signatures
        return checked  # type: ignore[return-value]

    return decorate
