"""When an engine starts runs by itself."""

from __future__ import annotations

from flowc.authoring.arguments import check_names
from flowc.authoring.handles import author_location
from flowc.authoring.numbers import shown
from flowc.errors import AuthorError
from flowc_runtime import schedules
from flowc_runtime.schedules import (
    BadScheduleError,
    NoZonesError,
    instant,
    is_cron,
    zone,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from typing import Any

WANTS_CRON = "a cron expression of five fields, as '0 3 * * 1-5'"

LONGEST = 100 * 366 * 24 * 3600
"""Seconds of the longest interval: a hundred years."""

OTHER_NAMES = {
    "cron_expression": "cron",
    "interval_second": "interval",
    "start_time": "start",
    "end_time": "end",
}
"""What other tools call the same."""


class Schedule:
    """Have the engine start runs at the times of ``cron``, or every ``interval`` (seconds or a
    timedelta).

    No run is started for a time before ``start`` or after ``end``: datetimes, or texts in ISO
    8601; those without a zone are in ``timezone``, like the fields of ``cron``. With ``catchup``
    the engine makes up for times since ``start`` that it missed. ``cron_expression``,
    ``interval_second``, ``start_time`` and ``end_time`` are taken as well. Raises AuthorError for
    what is no schedule.
    """

    __slots__ = ("catchup", "cron", "end", "interval", "start", "timezone", "where")

    @check_names(*OTHER_NAMES)
    def __init__(
        self,
        cron: str | None = None,
        *,
        interval: float | timedelta | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        catchup: bool = False,
        timezone: str = "UTC",
        **other_names: Any,
    ) -> None:
        self.where = author_location()
        given = {"cron": cron, "interval": interval, "start": start, "end": end}
        self._take(given, other_names)
        self.cron: str | None = self._cron(given["cron"])
        self.interval: int | None = self._seconds(given["interval"])
        self.timezone = self._zone(timezone)
        self.start: str | None = self._time("start", given["start"])
        self.end: str | None = self._time("end", given["end"])
        self.catchup = self._flag(catchup)
        self._check()

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__slots__ if name != "where"}
        parts = ", ".join(f"{name}={value!r}" for name, value in shown.items() if value)
        return f"Schedule({parts})"

    def _take(self, given: dict[str, Any], other_names: dict[str, Any]) -> None:
        for name, value in other_names.items():
            ours = OTHER_NAMES[name]
            if value is not None and given[ours] is not None:
                raise AuthorError(
                    f"Schedule is given both {ours} and {name}, which are the same",
                    where=self.where,
                )
            given[ours] = given[ours] if value is None else value

    def _wrong(self, what: str, value: object) -> AuthorError:
        return AuthorError(f"Schedule: {what}, got {shown(value)}", where=self.where)

    def _cron(self, value: Any) -> str | None:
        if value is None or (isinstance(value, str) and is_cron(value)):
            return None if value is None else " ".join(value.split())
        raise self._wrong(f"cron wants {WANTS_CRON}", value)

    def _seconds(self, value: Any) -> int | None:
        if value is None:
            return None
        number = value.total_seconds() if hasattr(value, "total_seconds") else value
        # Whole seconds are what every engine can count.
        if type(number) not in (int, float) or not 1 <= number <= LONGEST or number != int(number):
            raise self._wrong("interval wants whole seconds from 1, or a timedelta", value)
        return int(number)

    def _zone(self, name: Any) -> str:
        if not isinstance(name, str) or not name:
            raise self._wrong("timezone wants a name like 'Europe/Berlin'", name)
        try:
            zone(name)
        except NoZonesError:
            return name  # a container may have none; nothing is compiled there
        except BadScheduleError as error:
            raise AuthorError(f"Schedule: {error}", where=self.where) from None
        return name

    def _time(self, name: str, value: Any) -> str | None:
        if value is None:
            return None
        text = value.isoformat() if hasattr(value, "hour") and hasattr(value, "date") else value
        if not isinstance(text, str):
            raise self._wrong(f"{name} wants a datetime, or a text in ISO 8601", value)
        try:
            instant(text, "UTC")
        except BadScheduleError as error:
            raise AuthorError(f"Schedule: {name}: {error}", where=self.where) from None
        return text

    def _flag(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._wrong("catchup wants True or False", value)
        return value

    def _check(self) -> None:
        if (self.cron is None) == (self.interval is None):
            given = "neither" if self.cron is None else "both"
            raise AuthorError(
                f"Schedule wants cron or interval, got {given}",
                where=self.where,
                hint="Schedule('0 3 * * *') or Schedule(interval=3600)",
            )
        if self.catchup and self.start is None:
            raise AuthorError(
                "Schedule: catchup wants a start, from which it makes up for missed times",
                where=self.where,
            )
        if self.start and self.end and self._is_reversed(self.start, self.end):
            raise AuthorError(
                f"Schedule: end is {self.end}, which is not after start, {self.start}",
                where=self.where,
            )

    def _is_reversed(self, start: str, end: str) -> bool:
        try:
            return instant(end, self.timezone) <= instant(start, self.timezone)
        except NoZonesError:
            return False


class RunTime:
    """Stands for a time of the run, as the default of a pipeline's parameter."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return self.kind.upper()


# To type checkers they are of whatever type the parameter has.
SCHEDULED_TIME: Any = RunTime(schedules.SCHEDULED_TIME)
INTERVAL_START: Any = RunTime(schedules.INTERVAL_START)
INTERVAL_END: Any = RunTime(schedules.INTERVAL_END)
"""Defaults of a pipeline's parameters: the time for which the run was scheduled, and the interval
that ends then, which begins with the schedule's time before. A run that somebody asks for has the
time at which it was created."""
