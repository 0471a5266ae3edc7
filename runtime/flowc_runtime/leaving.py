"""The end of a process of flowc's own: the signals that ask for it, and what is done last."""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


if sys.platform == "win32":
    FORWARDED = (signal.SIGINT, signal.SIGTERM)
else:
    FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals by which somebody ends a run: a person, an engine, a terminal that is closed."""


def heeded() -> list[signal.Signals]:
    """Those of the above that end a run here: under `nohup` a hang-up does not."""
    return [
        number
        for number in FORWARDED
        if number in {signal.SIGINT, signal.SIGTERM} or signal.getsignal(number) != signal.SIG_IGN
    ]


def wind_down() -> None:
    """What Python does first at a normal end: wait for threads, call what was registered."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()  # noqa: SLF001 - what the interpreter calls
    atexit = sys.modules.get("atexit")
    if atexit is not None:
        atexit._run_exitfuncs()  # noqa: SLF001 - the same
    flush_streams()


def flush_streams() -> None:
    """As at Python's normal end: the streams may be replaced, closed, or nothing at all."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:  # noqa: SIM105 - contextlib is not imported for this
            stream.flush()  # type: ignore[union-attr]
        except Exception:  # noqa: BLE001, S110 - the author's object, or nobody's
            pass


def leave(status: int) -> NoReturn:
    """End the process, and leave it to the kernel to take its memory apart, which is faster."""
    try:
        wind_down()
    finally:
        os._exit(status)
