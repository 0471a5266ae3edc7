"""Retries of a step."""

from __future__ import annotations

from flowc.errors import AuthorError


class RetryConfig:
    """Retry a failed step up to ``max_retries`` times.

    The wait before retry k+1 is ``delay * backoff**k`` seconds, k counted from 0. Raises
    AuthorError when a value is negative or no number.
    """

    __slots__ = ("backoff", "delay", "max_retries")

    def __init__(self, max_retries: int = 1, delay: float = 0.0, backoff: float = 1.0) -> None:
        self.max_retries = _count("max_retries", max_retries)
        self.delay = _seconds("delay", delay, least=0.0)
        self.backoff = _seconds("backoff", backoff, least=0.0)

    def __repr__(self) -> str:
        return (
            f"RetryConfig(max_retries={self.max_retries}, delay={self.delay}, "
            f"backoff={self.backoff})"
        )


def _count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AuthorError(f"{name} wants an integer from 0, got {value!r}")
    return value


def _seconds(name: str, value: float, *, least: float) -> float:
    number = float(value) if type(value) in (int, float) else -1.0
    if not least <= number < float("inf"):
        raise AuthorError(f"{name} wants a number from {least:g}, got {value!r}")
    return number
