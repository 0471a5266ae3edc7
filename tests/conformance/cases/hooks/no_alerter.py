"""The alerter's hooks, and a post of a step's own, where no alerter is configured: a warning."""

from __future__ import annotations

from flowc import pipeline, step
from flowc.client import Client
from flowc.hooks import alerter_failure_hook, alerter_success_hook


@step
def posts() -> str:
    Client().active_stack.alerter.post("half way")
    return "posted"


@step
def fails() -> int:
    raise ValueError("nobody is told")


@pipeline(on_success=alerter_success_hook, on_failure=alerter_failure_hook)
def no_alerter() -> None:
    posts()
    fails()
