"""Only some exceptions are worth another try; a subclass of one is as well."""

from __future__ import annotations

from flowc import RetryConfig, get_step_context, pipeline, step


class Busy(Exception):
    pass


class VeryBusy(Busy):
    pass


POLICY = RetryConfig(max_retries=2, only_on=[Busy, ConnectionError])


@step(retry=POLICY)
def listed() -> int:
    if get_step_context().step_run.attempt == 1:
        raise VeryBusy
    return 1


@step(retry=POLICY)
def unlisted() -> int:
    raise ValueError("wrong for good")


@pipeline
def only_on() -> None:
    listed()
    unlisted()
