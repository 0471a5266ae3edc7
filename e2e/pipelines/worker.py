"""Steps for a process on a worker: what they are given, and where they run."""

from __future__ import annotations

import os
import sys

from flowc import pipeline, step


@step(settings={"docker": {"environment": {"GREETING": "{{ hello }} $HOME.sh"}}})
def greet(text: str) -> list[str]:
    print("said by a process")
    return [os.environ["GREETING"], text, sys.executable]


@step
def count(words: list[str], fail: int) -> int:
    if fail:
        raise ValueError("as asked for")
    return len(words)


@pipeline
def worker(text: str = "it's {{ x }} $(y)", fail: int = 0) -> None:
    count(greet(text), fail)
