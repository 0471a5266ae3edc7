"""Environment variables: the pipeline's, and a step's own instead of them."""

from __future__ import annotations

import os

from flowc import pipeline, step

NASTY = 'it\'s "quoted" $HOME ${X} $$ {{ x }} {% y %} \\ 🎈'


@step
def read() -> list[str | None]:
    return [os.environ.get(name) for name in ("MODE", "OWN", "NASTY")]


@step(settings={"docker": {"environment": {"OWN": "mine", "MODE": "slow"}}})
def read_own() -> list[str | None]:
    return [os.environ.get(name) for name in ("MODE", "OWN", "NASTY")]


@pipeline(settings={"docker": {"environment": {"MODE": "fast", "NASTY": NASTY}}})
def environment() -> None:
    read()
    read_own()
