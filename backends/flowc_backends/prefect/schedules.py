"""A schedule in Prefect's words.

cron                     cron, timezone
interval                 interval, anchor_date
either, with start, end  rrule: only a recurrence rule of RFC 5545 begins and ends
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flowc.errors import AuthorError, BackendError
from flowc_runtime.schedules import MONTHS, BadScheduleError, Cron, zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc import ir

EPOCH = "2024-01-01T00:00:00+00:00"
"""What intervals are counted from when the schedule has no start: it must not move."""

SHORTEST = 3600
"""Seconds of the shortest interval that may begin or end: three years of minutes take Prefect a
minute of its processor's time, each time that it looks for the next run."""

_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_UNITS = (("DAILY", 24 * 3600), ("HOURLY", 3600), ("MINUTELY", 60), ("SECONDLY", 1))
_WALL = "%Y%m%dT%H%M%S"


def schedule_keys(pipeline: ir.Pipeline) -> tuple[tuple[str, str | int], ...]:
    """The keys of the deployment's schedule, none without one.

    Raises BackendError for catching up, which Prefect does not do.
    """
    schedule = pipeline.schedule
    if schedule is None:
        return ()
    if schedule.catchup:
        raise BackendError(
            f"the catchup of the schedule {schedule} is not supported by the target 'prefect'",
            where=str(pipeline.location),
            hint="Prefect starts no run for a time that has passed; leave catchup out",
        )
    if schedule.start or schedule.end:
        _check_interval(pipeline, schedule)
        try:
            return (("rrule", rule(schedule)), ("timezone", schedule.timezone))
        except BadScheduleError as error:
            raise AuthorError(str(error), where=str(pipeline.location)) from None
    if schedule.cron:
        return (("cron", schedule.cron), ("timezone", schedule.timezone))
    return (("interval", schedule.interval), ("anchor_date", EPOCH), ("timezone", "UTC"))


def _check_interval(pipeline: ir.Pipeline, schedule: ir.Schedule) -> None:
    """Prefect's server counts through every time since the start, again and again."""
    if 0 < schedule.interval < SHORTEST:
        what = "start" if schedule.start else "end"
        raise BackendError(
            f"the {what} of the schedule {schedule} is not supported by the target 'prefect'",
            where=str(pipeline.location),
            hint=f"Prefect is slow to count intervals below {SHORTEST} s from a start; leave "
            "start and end out, or write it as a cron expression",
        )


def rule(schedule: ir.Schedule) -> str:
    """A recurrence rule, on the clock of the schedule's time zone."""
    until = f";UNTIL={_wall(schedule.end, schedule.timezone)}" if schedule.end else ""
    rules = _cron_rules(schedule.cron) if schedule.cron else [_every(schedule.interval)]
    start = _wall(schedule.start or EPOCH, schedule.timezone)
    return "\n".join([f"DTSTART:{start}", *(f"RRULE:{each}{until}" for each in rules)])


def _wall(moment: str, timezone: str) -> str:
    return datetime.fromisoformat(moment).astimezone(zone(timezone)).strftime(_WALL)


def _every(seconds: int) -> str:
    unit, size = next((unit, size) for unit, size in _UNITS if seconds % size == 0)
    return f"FREQ={unit};INTERVAL={seconds // size}"


def _cron_rules(text: str) -> list[str]:
    """One rule; two where days of the month and of the week are both chosen, for either counts."""
    cron = Cron(text)
    clock = f"{_by('HOUR', cron.hours)}{_by('MINUTE', cron.minutes)};BYSECOND=0"
    month = "" if len(cron.months) == len(MONTHS) else _by("MONTH", cron.months)
    day = _by("MONTHDAY", cron.days)
    weekday = f";BYDAY={','.join(_WEEKDAYS[number] for number in cron.weekdays)}"
    if cron.every_day:
        days = [weekday]
    elif cron.every_weekday:
        days = [day]
    else:
        days = [day, weekday]
    return [f"FREQ=DAILY{month}{chosen}{clock}" for chosen in days]


def _by(what: str, numbers: Sequence[int]) -> str:
    return f";BY{what}={','.join(map(str, numbers))}"
