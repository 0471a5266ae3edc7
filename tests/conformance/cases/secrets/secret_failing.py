"""A step that puts a secret into its exception, and a hook that repeats it."""

from __future__ import annotations

from flowc import RetryConfig, Secret, pipeline, step


def failed(exception: BaseException, context) -> None:
    print("HOOK on_failure", type(exception).__name__, exception, context.inputs["token"])


@step(on_failure=failed, retry=RetryConfig(max_retries=1))
def refuse(token: str) -> int:
    raise PermissionError(f"{token} is refused")


@step
def below(number: int) -> int:
    return number


@pipeline
def secret_failing() -> None:
    below(refuse(Secret("conformance", key="token")))
