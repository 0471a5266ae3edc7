"""Retries of a step."""

from __future__ import annotations

from flowc.authoring.arguments import check_names
from flowc.authoring.handles import author_location
from flowc.authoring.numbers import LARGEST, count_problem, shown
from flowc.errors import AuthorError
from flowc.narrowing import is_sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class RetryConfig:
    """Retry a failed step up to ``max_retries`` times.

    The wait before retry k+1 is ``delay * backoff**k`` seconds, k counted from 0, and never more
    than ``max_delay``. With ``only_on``, other exceptions than these fail the step at once; a
    killed or timed-out attempt is retried all the same. Raises AuthorError for a value that is
    negative or of the wrong type, and for a last wait that never ends.
    """

    __slots__ = ("backoff", "delay", "max_delay", "max_retries", "only_on")

    @check_names()
    def __init__(
        self,
        max_retries: int = 1,
        delay: float = 0.0,
        backoff: float = 1.0,
        *,
        max_delay: float | None = None,
        only_on: type[BaseException] | Sequence[type[BaseException]] = (),
    ) -> None:
        self.max_retries = count("max_retries", max_retries)
        self.delay = seconds("delay", delay)
        self.backoff = seconds("backoff", backoff)
        self.max_delay = None if max_delay is None else seconds("max_delay", max_delay)
        self.only_on = _exceptions(only_on)
        if self.max_delay is None and self.max_retries and not self._ends():
            raise AuthorError(
                f"the wait before retry {max_retries}, delay * backoff**{max_retries - 1}, is too "
                "long for any clock: set max_delay",
                where=author_location(),
            )

    def _ends(self) -> bool:
        """Whether the last wait does, and so each before it."""
        try:
            return not self.delay or self.delay * self.backoff ** (self.max_retries - 1) <= LARGEST
        except OverflowError:
            return False

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"RetryConfig({parts})"


StepRetryConfig = RetryConfig


def count(name: str, value: int) -> int:
    """Raises AuthorError unless ``value`` is an integer from 0 that engines can count to."""
    problem = count_problem(value, 0)
    if problem:
        raise AuthorError(f"{name} {problem}, got {shown(value)}", where=author_location())
    return value


def seconds(name: str, value: float) -> float:
    """Raises AuthorError unless ``value`` is a finite number from 0."""
    if type(value) not in (int, float) or not 0 <= value <= LARGEST:
        raise AuthorError(
            f"{name} wants a number from 0, got {shown(value)}", where=author_location()
        )
    return float(value)


def _exceptions(given: object) -> tuple[type[BaseException], ...]:
    classes: tuple[object, ...] = (given,) if isinstance(given, type) else _tuple(given)
    kinds = tuple(
        item for item in classes if isinstance(item, type) and issubclass(item, BaseException)
    )
    if len(kinds) < len(classes):
        raise AuthorError(
            f"only_on wants exception classes, got {given!r}", where=author_location()
        )
    for kind in kinds:
        if "<locals>" in kind.__qualname__:
            raise AuthorError(
                f"only_on names '{kind.__name__}', which is defined inside a function",
                where=author_location(),
                hint="move the class to the top level of its module",
            )
    return kinds


def _tuple(given: object) -> tuple[object, ...]:
    return tuple(given) if is_sequence(given) else (given,)
