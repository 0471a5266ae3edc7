"""After a failure the step that runs at the same time may end, and none is started."""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import urlsplit

from flowc import get_step_context, pipeline, step

PATIENCE = 600  # an engine with a hundred other runs starts one step long after the other


def store() -> Path:
    """Every target shares it with its steps."""
    return Path(urlsplit(os.environ["FLOWC_STORE"]).path)


def mark(name: str) -> Path:
    return store() / "marks" / get_step_context().pipeline_run.id / name


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)


def meet(mine: str, other: str) -> None:
    """Go on when the other step has got as far."""
    mark(mine).parent.mkdir(parents=True, exist_ok=True)
    mark(mine).touch()
    wait_for(mark(other))


@step(enable_cache=False)
def goes_on() -> int:
    meet("goes on", "fails")
    wait_for(store() / "runs" / get_step_context().pipeline_run.id / "stop.json")
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
