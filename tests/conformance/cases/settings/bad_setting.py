"""A settings key with a typing error."""

from __future__ import annotations

from flowc import pipeline, step


@step(settings={"docker": {"requirments": ["numpy"]}})
def never() -> None: ...


@pipeline
def bad_setting() -> None:
    never()
