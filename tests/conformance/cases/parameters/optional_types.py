"""None and Optional, Literal, unions: given, and left as they are."""

from __future__ import annotations

from typing import Any, Literal, Optional

from flowc import pipeline, step


@step
def echo(
    maybe: Optional[int],
    none: str | None,
    mode: Literal["train", "test"],
    either: int | str,
    variadic: tuple[int, ...],
) -> list[Any]:
    return [maybe, none, mode, either, variadic]


@pipeline
def optional_types(
    maybe: Optional[int] = None,
    none: str | None = "text",
    mode: Literal["train", "test"] = "train",
    either: int | str = 7,
    variadic: tuple[int, ...] = (1, 2),
) -> None:
    echo(maybe, none, mode, either, variadic)
