"""A run whose time is over before its second step is."""

from __future__ import annotations

from control_steps import begin, below, endless

from flowc import pipeline


@pipeline(timeout=20)
def timed() -> None:
    below(endless(begin()))
