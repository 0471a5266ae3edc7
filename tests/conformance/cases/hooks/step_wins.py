"""A step's own hook beats the pipeline's; with_options and configure give others."""

from __future__ import annotations

from flowc import pipeline, step


def of_pipeline(step_name: str) -> None:
    print("HOOK on_success of the pipeline", step_name)


def of_step(step_name: str) -> None:
    print("HOOK on_success of the step", step_name)


def of_options(step_name: str) -> None:
    print("HOOK on_success of the options", step_name)


@step
def plain(number: int) -> int:
    return number


@step(on_success=of_step)
def own(number: int) -> int:
    return number


@step
def configured(number: int) -> int:
    return number


configured.configure(on_success=of_options)


@pipeline(on_success=of_pipeline)
def step_wins() -> None:
    plain(1)
    own(2)
    own.with_options(on_success=of_options)(3, id="optioned")
    configured(4)
