"""What a step's process finds of the stack's experiment trackers."""

from __future__ import annotations

import os

from flowc import pipeline, step

NAMES = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "WANDB_PROJECT", "WANDB_TAGS")


def found() -> dict[str, str]:
    return {name: os.environ[name] for name in NAMES if name in os.environ}


@step
def plain() -> dict[str, str]:
    return found()


@step(settings={"experiment_tracker.mlflow": {"experiment_name": "mine"}})
def own() -> dict[str, str]:
    return found()


@step(experiment_tracker="other", settings={"experiment_tracker": {"tags": ["x", "y"]}})
def other() -> dict[str, str]:
    return found()


@pipeline
def tracked() -> None:
    plain()
    own()
    other()
