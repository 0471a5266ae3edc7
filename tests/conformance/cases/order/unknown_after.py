"""`after=` names an invocation that does not exist."""

from __future__ import annotations

from flowc import pipeline, step


@step
def train() -> None: ...


@pipeline
def unknown_after() -> None:
    train()
    train(id="second", after="trian")
