"""After a failure the step that runs at the same time may end, and none is started."""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import urlsplit

from flowc import get_step_context, pipeline, step

PATIENCE = 100


def mark(name: str) -> Path:
    """A file in the store, which every target shares with its steps."""
    store = Path(urlsplit(os.environ["FLOWC_STORE"]).path)
    return store / "marks" / get_step_context().pipeline_run.id / name


def meet(mine: str, other: str) -> None:
    """Go on when the other step has got as far."""
    mark(mine).parent.mkdir(parents=True, exist_ok=True)
    mark(mine).touch()
    deadline = time.monotonic() + PATIENCE
    while not mark(other).exists() and time.monotonic() < deadline:
        time.sleep(0.1)


@step(enable_cache=False)
def goes_on() -> int:
    meet("goes on", "fails")
    time.sleep(4)
    return 1


@step(enable_cache=False)
def fails() -> int:
    meet("fails", "goes on")
    raise ValueError("no")


@step
def below(number: int) -> int:
    return number


@pipeline(execution_mode="stop_on_failure")
def lets_them_end() -> None:
    below(goes_on())
    fails()
