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

        def checked(self: object, *args: Any, **kwargs: Any) -> None:
            for name in kwargs:
                if name not in known:
                    raise AuthorError(
                        f"{type(self).__name__} has no option '{name}'",
                        where=author_location(),
                        hint=did_you_mean(name, known),
                    )
            init(self, *args, **kwargs)

        checked.__doc__, checked.__qualname__ = init.__doc__, init.__qualname__
        checked.__wrapped__ = init  # type: ignore[attr-defined]  # for signatures
        return checked  # type: ignore[return-value]

    return decorate
