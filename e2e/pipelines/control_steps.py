"""Steps that wait for each other, of pipelines that are ended before they are done.

A step says in the store, which is mounted everywhere, that it has begun, and in which container.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from flowc import get_step_context, step

PATIENCE = 90


@step(enable_cache=False)
def begin() -> int:
    return 1


@step(enable_cache=False)
def endless(number: int) -> int:
    """Does not end by itself, unless nobody ends it for long."""
    mark("endless")
    time.sleep(PATIENCE)
    return number


@step(enable_cache=False)
def outlast(patience: float) -> int:
    """Ends after `fail` has failed, when they run at the same time."""
    mark("outlast")
    if wait_for("fail", patience):
        time.sleep(5)
    return 1


@step(enable_cache=False)
def fail(other: str, patience: float) -> int:
    """Fails while another step runs, when they run at the same time."""
    wait_for(other, patience)
    mark("fail")
    raise ValueError(f"beside {other}")


@step(enable_cache=False)
def below(number: int) -> int:
    return number


def mark(name: str) -> None:
    """The name of a container's host is its id's beginning."""
    folder = marks()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f".{name}").write_text(socket.gethostname())
    (folder / f".{name}").rename(folder / name)


def wait_for(name: str, patience: float) -> bool:
    """Whether another step has begun."""
    deadline = time.monotonic() + patience
    while not (marks() / name).exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return (marks() / name).exists()


def marks() -> Path:
    store = Path(urlsplit(os.environ["FLOWC_STORE"]).path)
    return store / "marks" / get_step_context().pipeline_run.id
