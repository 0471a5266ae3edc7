"""A lambda as a hook: no container could import it."""

from __future__ import annotations

from flowc import pipeline, step


@step(on_success=lambda: None)
def never() -> None: ...


@pipeline
def bad_hook() -> None:
    never()
