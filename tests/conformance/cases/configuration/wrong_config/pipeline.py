"""A YAML file with a key that nobody knows."""

from __future__ import annotations

from flowc import pipeline, step


@step
def train() -> int:
    return 1


@pipeline
def wrong_config() -> None:
    train()
