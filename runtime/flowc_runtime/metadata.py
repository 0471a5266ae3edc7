"""Metadata that a step logs about itself, as JSON that every reader understands."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc_runtime.contract import Json

LIMIT = 256 * 1024
"""Largest metadata of one call in bytes of JSON: it is read whenever the run is shown."""

DEEPEST = 32

INFINITE = float("inf")


def check(metadata: object) -> dict[str, Json]:
    """The same as plain JSON.

    Raises TypeError for what JSON cannot hold, ValueError for too much of it.
    """
    if not hasattr(metadata, "items"):
        raise TypeError(f"log_metadata() wants a dict, got {_kind(metadata)}")
    found: dict[str, Json] = _plain(metadata, "metadata", 0)
    size = len(json.dumps(found).encode())
    if size > LIMIT:
        raise ValueError(
            f"log_metadata() got {size} bytes of JSON, and a result keeps at most {LIMIT}; "
            "return what is larger as an output"
        )
    return found


def _plain(value: Any, where: str, depth: int) -> Json:
    if value is None or isinstance(value, (bool, str)):
        return _text(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _number(float(value))
    if depth > DEEPEST:
        raise TypeError(f"log_metadata(): {where} is nested deeper than {DEEPEST} levels")
    if hasattr(value, "items"):
        return {
            _key(key, where): _plain(item, f"{where}[{key!r}]", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
        return [_plain(item, f"{where}[{n}]", depth + 1) for n, item in enumerate(items)]
    if callable(getattr(value, "item", None)) and getattr(value, "ndim", 0) == 0:
        return _plain(value.item(), where, depth + 1)
    raise TypeError(
        f"log_metadata(): {where} is a value of type {_kind(value)}; metadata holds numbers, "
        "texts, None, lists and dicts"
    )


def _key(key: object, where: str) -> str:
    if isinstance(key, str):
        return _text(key)
    raise TypeError(f"log_metadata(): {where} has the key {key!r}; keys are texts")


def _text(text: str) -> str:
    return str(text).encode("utf-8", "backslashreplace").decode()


def _number(number: float) -> Json:
    if number != number:  # noqa: PLR0124 - that is what NaN is
        return "NaN"
    if number in (INFINITE, -INFINITE):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def _kind(value: object) -> str:
    return type(value).__name__
