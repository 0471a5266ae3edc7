"""A tuple where there was a list, and 1 where there was True: other inputs."""

from __future__ import annotations

from typing import Any

from flowc import pipeline, step


@step
def show(value: Any) -> str:
    return repr(value)


@pipeline
def tuple_or_list() -> None:
    show([1, 2], id="list")
    show(True, id="true")
    show({"a": 1}, id="same")
