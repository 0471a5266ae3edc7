"""A failure ends the step that runs at the same time."""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import urlsplit

from flowc import get_step_context, pipeline, step

PATIENCE = 600  # an engine with a hundred other runs starts one step long after the other


def failed(step_name: str, exception: BaseException) -> None:
    print("HOOK on_failure", step_name, exception)


def mark() -> Path:
    """A file in the store, which every target shares with its steps."""
    store = Path(urlsplit(os.environ["FLOWC_STORE"]).path)
    return store / "marks" / get_step_context().pipeline_run.id


@step(enable_cache=False)
def endless() -> int:
    mark().parent.mkdir(exist_ok=True)
    mark().touch()
    time.sleep(PATIENCE)
    return 1


@step(enable_cache=False)
def fails() -> int:
    deadline = time.monotonic() + PATIENCE
    while not mark().exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    raise ValueError("no")


@step
def below(number: int, other: int) -> int:
    return number + other


@pipeline(execution_mode="fail_fast", on_failure=failed)
def ends_the_others() -> None:
    below(endless(), fails())
