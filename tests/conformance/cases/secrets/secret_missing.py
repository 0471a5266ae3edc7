"""A secret that nobody has set fails its step before that begins, hooks included."""

from __future__ import annotations

from flowc import RetryConfig, Secret, pipeline, step


def failed(exception: BaseException, step_name: str) -> None:
    print("HOOK on_failure", step_name, "is not here" in str(exception))


@step(on_failure=failed, retry=RetryConfig(max_retries=2))
def use(token: str) -> int:
    return len(token)


@step(settings={"docker": {"environment": {"TOKEN": Secret("conformance-nowhere")}}})
def environed() -> int:
    return 1


@step
def beside() -> int:
    return 2


@pipeline
def secret_missing() -> None:
    use(Secret("conformance", key="nothing"))
    environed()
    beside()
