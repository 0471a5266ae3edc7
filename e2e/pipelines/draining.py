"""After a failure the step that runs beside it may end, and nothing more is started."""

from __future__ import annotations

from control_steps import below, fail, outlast

from flowc import pipeline


@pipeline(execution_mode="stop_on_failure")
def draining(patience: float = 90) -> None:
    fail("outlast", patience)
    below(outlast(patience, id="beside"))
