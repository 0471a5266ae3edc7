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
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
            raise AuthorError(f"max_retries wants an integer from 0, got {max_retries!r}")
        self.max_retries = max_retries
        self.delay = _seconds("delay", delay, least=0.0)
        self.backoff = _seconds("backoff", backoff, least=0.0)

    def __repr__(self) -> str:
        return (
            f"RetryConfig(max_retries={self.max_retries}, delay={self.delay}, "
            f"backoff={self.backoff})"
        )


def _seconds(name: str, value: float, *, least: float) -> float:
    number = not isinstance(value, bool) and isinstance(value, (int, float))
    if not number or not least <= value < float("inf"):
        raise AuthorError(f"{name} wants a number from {least:g}, got {value!r}")
    return float(value)
