"""Exceptions that cannot be pickled, or cannot even say what they are."""

from __future__ import annotations

import threading
from typing import NoReturn

from flowc import pipeline, step


class Unpicklable(Exception):
    def __init__(self, text: str, depth: int) -> None:
        super().__init__(f"{text} at {depth}")
        self.lock = threading.Lock()


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


def failed(exception: BaseException) -> None:
    print("HOOK on_failure", type(exception).__name__)


@step(on_failure=failed)
def unpicklable() -> NoReturn:
    raise Unpicklable("locked", 3)


@step(on_failure=failed)
def speechless() -> NoReturn:
    raise Speechless


@pipeline
def strange_exceptions() -> None:
    unpicklable()
    speechless()
