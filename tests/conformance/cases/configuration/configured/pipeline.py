"""A YAML file says parameters, retries, environment and caching of steps and of the run."""

from __future__ import annotations

import os

from flowc import get_step_context, pipeline, step


@step
def load(rows: int = 100) -> list[int]:
    return list(range(rows))


@step
def train(data: list[int], epochs: int = 1) -> str:
    attempt = get_step_context().step_run.attempt
    if attempt == 1:
        raise ConnectionError("only the file asks for another try")
    return f"{len(data)} {epochs} {os.environ.get('MODE')} {attempt}"


@step
def report(team: str, score: str) -> str:
    return f"{team}: {score} in {get_step_context().pipeline_run.name}"


@pipeline
def configured(team: str = "blue") -> None:
    report(team, train(load(id="small"), id="thorough"))
