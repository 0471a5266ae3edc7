"""Retries, hooks and time limits are no part of the key; the declared environment is."""

from __future__ import annotations

from flowc import RetryConfig, pipeline, step


def told() -> None:
    print("HOOK on_success")


RETRY = RetryConfig(max_retries=1)


@step(retry=RETRY, timeout=60, on_success=told)
def train() -> int:
    return 1


@step(settings={"docker": {"environment": {"MODE": "fast"}}})
def configured() -> int:
    return 2


@pipeline
def retries_do_not_count() -> None:
    train()
    configured()
