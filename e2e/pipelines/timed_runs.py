"""A step that says what times its run was told."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - flowc reads the annotations

from flowc import INTERVAL_END, INTERVAL_START, SCHEDULED_TIME, Schedule, pipeline, step


@step
def tell(when: datetime, since: str, until: str) -> list[str]:
    return [when.isoformat(), since, until]


# Far from now, so that no run is started while tests look.
@pipeline(
    schedule=Schedule("30 6 1 1 *", timezone="Europe/Berlin"),
    max_active_runs=2,
    max_parallel_steps=3,
)
def timed_runs(
    when: datetime = SCHEDULED_TIME, since: str = INTERVAL_START, until: str = INTERVAL_END
) -> None:
    tell(when, since, until)
