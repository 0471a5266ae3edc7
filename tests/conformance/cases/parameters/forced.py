"""A run-time parameter whose value would be needed while the pipeline is traced."""

from __future__ import annotations

from flowc import pipeline, step


@step
def shout(text: str) -> str:
    return text


def loud(text: str) -> str:
    return text.upper()


SAY = {"loud": loud}


@pipeline
def forced(text: str = "hello") -> None:
    say = SAY["loud"]
    shout(say(text))
