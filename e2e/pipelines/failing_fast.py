"""A failure ends the step that runs beside it, and nothing more is started."""

from __future__ import annotations

from control_steps import begin, below, endless, fail

from flowc import pipeline


@pipeline(execution_mode="fail_fast")
def failing_fast(patience: float = 90) -> None:
    below(endless(begin(), id="beside"))
    fail("endless", patience)
