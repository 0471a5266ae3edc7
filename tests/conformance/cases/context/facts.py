"""log_metadata in a step, in each of its attempts, and in a hook."""

from __future__ import annotations

from flowc import RetryConfig, get_step_context, log_metadata, pipeline, step


def succeeded() -> None:
    log_metadata({"hooked": True})


@step(on_success=succeeded, retry=RetryConfig(max_retries=1))
def train() -> float:
    attempt = get_step_context().step_run.attempt
    log_metadata({"attempt": attempt, f"only_{attempt}": [1, {"ü": None}]})
    if attempt == 1:
        raise OSError
    log_metadata({"accuracy": 0.5})
    log_metadata({"accuracy": 0.75})
    return 0.75


@pipeline
def facts() -> None:
    train()
