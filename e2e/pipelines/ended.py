"""Steps that are ended by force, each in another way; what is below them, and the hooks they call.

A step that waits for its end says in the store, which is mounted everywhere, in which container it
is; whoever watches that folder then does to the container what the step is named for.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from flowc import Step, get_step_context, pipeline, step

LIMITS = (
    ("", "/sys/fs/cgroup", "memory.max"),
    ("memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
)
SMALL, NONE = 1 << 30, 1 << 60
PATIENCE = 120


def failed(exception: BaseException) -> None:
    name = get_step_context().step_run.name
    print(f"HOOK {name} failed with {type(exception).__name__}: {exception}")


@step(enable_cache=False)
def start() -> int:
    return 1


@step(enable_cache=False)
def killed(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@step(enable_cache=False, timeout=1)
def slow(number: int) -> int:
    time.sleep(60)
    return number


@step(enable_cache=False)
def hungry(number: int) -> int:
    tell_container("hungry")
    deadline = time.monotonic() + PATIENCE
    while memory_limit() > SMALL and time.monotonic() < deadline:
        time.sleep(0.1)
    eaten = [bytes(range(256)) * 4096 for _ in range(number * 1024)]
    return len(eaten)


@step(enable_cache=False)
def shot(number: int) -> int:
    tell_container("shot")
    time.sleep(PATIENCE)
    return number


@step(enable_cache=False)
def below(number: int) -> int:
    return number


def tell_container(step_name: str) -> None:
    """The name of a container's host is its id's beginning."""
    folder = Path(urlsplit(os.environ["FLOWC_STORE"]).path) / "containers"
    folder.mkdir(exist_ok=True)
    (folder / f".{step_name}").write_text(socket.gethostname())
    (folder / f".{step_name}").rename(folder / step_name)


def memory_limit() -> int:
    """Bytes that this process may use, by version 2 or 1 of the kernel's interface."""
    groups = Path("/proc/self/cgroup").read_text().splitlines()
    below = {line.split(":")[1]: line.split(":")[2].strip("/") for line in groups}
    for controller, folder, file in LIMITS:
        for group in (below.get(controller, ""), ""):
            limit = Path(folder, group, file)
            if limit.exists():
                text = limit.read_text().strip()
                return NONE if text == "max" else int(text)
    return NONE


@pipeline(on_failure=failed)
def ended() -> None:
    end_all(killed, slow, hungry, shot)


def end_all(*endings: Step) -> None:
    number = start()
    for ending in endings:
        below(ending(number), id=f"below_{ending.__name__}")
