"""Text and bytes are stored as they are."""

from __future__ import annotations

from typing import Annotated

from flowc import pipeline, step


@step
def make() -> tuple[Annotated[str, "text"], Annotated[bytes, "data"], Annotated[str, "empty"]]:
    return "line\r\nÄ🎈\n", bytes(range(256)), ""


@step
def measure(text: str, data: bytes, empty: str) -> list[int]:
    return [len(text), len(data), len(empty)]


@pipeline
def text_and_bytes() -> None:
    measure(*make())
