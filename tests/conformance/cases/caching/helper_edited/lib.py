"""What the step calls."""

from __future__ import annotations

BY = 10


def shift(number: int) -> int:
    # Moves it.
    return number + BY
