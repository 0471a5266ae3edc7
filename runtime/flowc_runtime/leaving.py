"""The end of a process of flowc's own."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def wind_down() -> None:
    """What Python does first at a normal end: wait for threads, call what was registered."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()  # noqa: SLF001 - what the interpreter calls
    atexit = sys.modules.get("atexit")
    if atexit is not None:
        atexit._run_exitfuncs()  # noqa: SLF001 - the same
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def leave(status: int) -> NoReturn:
    """End the process, and leave it to the kernel to take its memory apart, which is faster."""
    try:
        wind_down()
    except OSError:
        pass  # nobody reads any more what was still to be written
    finally:
        os._exit(status)
