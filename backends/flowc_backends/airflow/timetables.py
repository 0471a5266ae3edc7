"""A schedule in Airflow's words.

The timetables are those that start a run at each tick, and not when an interval has passed: so a
run's logical date is the time for which it was scheduled, on Airflow 2 as on 3.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flowc_backends.airflow.model import Timetable
from flowc_templates.python_source import LINE_LENGTH, literal, width

if TYPE_CHECKING:
    from flowc import ir

EPOCH = (2024, 1, 1)
"""The start of a DAG whose schedule has none: Airflow wants one, and it must not move."""

_DATE = 3


def timetable(schedule: ir.Schedule | None) -> Timetable | None:
    if schedule is None:
        return None
    name = "CronTriggerTimetable" if schedule.cron else "DeltaTriggerTimetable"
    zone = literal(schedule.timezone)
    line = f"    schedule={name}({literal(schedule.cron)}, timezone={zone}),"
    return Timetable(
        name=name,
        cron=schedule.cron,
        interval=schedule.interval,
        timezone=schedule.timezone,
        wide=bool(schedule.cron) and width(line) > LINE_LENGTH,
    )


def moment(text: str) -> tuple[int, ...]:
    """The arguments of a datetime: its date, and of the clock what is not nought."""
    if not text:
        return ()
    when = datetime.fromisoformat(text)
    arguments = [
        *(when.year, when.month, when.day),
        *(when.hour, when.minute, when.second, when.microsecond),
    ]
    while len(arguments) > _DATE and not arguments[-1]:
        arguments.pop()
    return tuple(arguments)
