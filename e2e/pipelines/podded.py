"""Steps for pods: what arrives there, and one that takes its time."""

from __future__ import annotations

import os
import time

from flowc import pipeline, step


@step(
    settings={
        "docker": {"environment": {"GREETING": "hello"}},
        "resources": {"memory": "256Mi"},
        "kubernetes": {"labels": {"team": "blue"}},
    }
)
def greet(text: str, fail: int) -> list[str]:
    print("said in a pod")
    if fail:
        raise ValueError("as asked for")
    return [os.environ["GREETING"], text]


@step
def nap(words: list[str], seconds: float) -> int:
    print("asleep", flush=True)
    time.sleep(seconds)
    return len(words)


@pipeline
def podded(text: str = "$$ $(FLOWC_STORE) {{ x }}", fail: int = 0, seconds: float = 0) -> None:
    nap(greet(text, fail), seconds)
