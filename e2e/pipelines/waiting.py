"""A run that somebody has to cancel."""

from __future__ import annotations

from control_steps import begin, below, endless

from flowc import pipeline


@pipeline
def waiting() -> None:
    below(endless(begin()))
