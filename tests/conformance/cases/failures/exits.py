"""SystemExit, sys.exit(0) and os._exit in a step: none of them is a return value."""

from __future__ import annotations

import os
import sys

from flowc import pipeline, step


@step
def system_exit() -> int:
    raise SystemExit("enough")


@step
def exit_zero() -> int:
    sys.exit(0)


@step
def os_exit() -> int:
    os._exit(7)


@pipeline
def exits() -> None:
    system_exit()
    exit_zero()
    os_exit()
