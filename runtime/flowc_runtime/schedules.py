"""Schedules and their times: cron expressions, as far as every engine understands them alike, and
what a run is told of the time for which it was scheduled.

The engine tells the time itself. The interval that ends then begins at the tick before: it is
worked out here, so that it is the same whatever started the run.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime, tzinfo

    from flowc_runtime.contract import PipelineSpec, ScheduleSpec

SCHEDULED_TIME, INTERVAL_START, INTERVAL_END = "scheduled_time", "interval_start", "interval_end"
"""What a parameter can be filled with when a run gives it no value."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

FIELDS: tuple[tuple[int, int, Sequence[str]], ...] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, MONTHS),
    (0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
"""Least and greatest number of minute, hour, day of the month, month and day of the week, and
the names of the last two's."""

SUNDAY = 7
"""Cron's other number for it."""

LEAP_DAYS = 366 * 8
"""Days within which the 29th of February comes round, also past a year like 2100."""


class BadScheduleError(Exception):
    """A time that is none, or that cannot be known here; the text is complete."""


class NoZonesError(BadScheduleError):
    """This machine knows no time zones at all."""


class Cron:
    """The numbers that each field of an expression stands for, ascending; Sunday is 0.

    Where days of the month and of the week are both chosen, a day counts when either fits.
    """

    __slots__ = ("days", "every_day", "every_weekday", "hours", "minutes", "months", "weekdays")

    def __init__(self, text: str) -> None:
        fields = text.split()
        numbers = [
            sorted({n for part in field.split(",") for n in _numbers(part, *known)})
            for field, known in zip(fields, FIELDS, strict=True)
        ]
        self.minutes, self.hours, self.days, self.months, weekdays = numbers
        self.weekdays = sorted({number % SUNDAY for number in weekdays})
        self.every_day, self.every_weekday = (field == "*" for field in fields[2::2])

    def has_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        fits = day.day in self.days, day.isoweekday() % SUNDAY in self.weekdays
        return all(fits) if self.every_day or self.every_weekday else any(fits)


def is_cron(text: str) -> bool:
    """Whether ``text`` is five fields of numbers, ranges, lists and steps."""
    fields = text.split()
    return len(fields) == len(FIELDS) and all(
        _is_part(part, *known)
        for field, known in zip(fields, FIELDS, strict=True)
        for part in field.split(",")
    )


def _is_part(part: str, least: int, greatest: int, names: Sequence[str]) -> bool:
    span, slash, every = part.partition("/")
    if slash and not (every.isascii() and every.isdigit() and 0 < int(every) <= greatest):
        return False
    if span == "*":
        return True
    first, dash, last = span.partition("-")
    ends = [_number(end, least, names) for end in ([first, last] if dash else [first])]
    return all(least <= end <= greatest for end in ends) and ends == sorted(ends)


def _number(text: str, least: int, names: Sequence[str]) -> int:
    """-1 for what is neither a number nor a name."""
    if text.lower() in names:
        return names.index(text.lower()) + least
    return int(text) if text.isascii() and text.isdigit() else -1


def _numbers(part: str, least: int, greatest: int, names: Sequence[str]) -> range:
    """Those of a part that is one; ``5/10`` goes on to the greatest."""
    span, slash, every = part.partition("/")
    if span == "*":
        first, last = least, greatest
    else:
        start, dash, end = span.partition("-")
        first = _number(start, least, names)
        last = _number(end, least, names) if dash else greatest if slash else first
    return range(first, last + 1, int(every or 1))


def zone(name: str) -> tzinfo:
    """Raises BadScheduleError for a time zone that is not known here."""
    if name == "UTC":
        from datetime import timezone

        return timezone.utc
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        if zoneinfo.available_timezones():
            raise BadScheduleError(f"the time zone '{name}' is not known here") from None
        raise NoZonesError(
            f"the time zone '{name}' is not known here, where there are none at all; "
            "install the distribution 'tzdata'"
        ) from None


def instant(text: str, timezone: str) -> datetime:
    """A time in UTC, from ISO 8601; one without a zone is in ``timezone``.

    Raises BadScheduleError.
    """
    from datetime import timezone as dt_timezone

    from flowc_runtime.values import times

    try:
        moment = times.read_datetime(text)
    except ValueError as error:
        raise BadScheduleError(f"'{text}' is no time: {error}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(timezone))
    return moment.astimezone(dt_timezone.utc)


def tick_before(schedule: ScheduleSpec, moment: datetime) -> datetime:
    """The last time before ``moment`` for which the schedule has a run, wherever it starts.

    Raises BadScheduleError when its time zone is not known here, or it never has a run.
    """
    from datetime import timedelta

    if "interval" in schedule:
        return moment - timedelta(seconds=schedule["interval"])
    place, cron = zone(schedule["timezone"]), schedule.get("cron", "")
    for wall in _walls_before(Cron(cron), moment.astimezone(place)):
        # A clock that is set back shows some times twice: the first counts.
        tick = wall.replace(tzinfo=place).astimezone(moment.tzinfo)
        if tick < moment:
            return tick
    raise BadScheduleError(f"the schedule '{cron}' never has a run")


def _walls_before(cron: Cron, moment: datetime) -> Iterator[datetime]:
    """What the clock shows at each tick of that day and earlier, the latest first."""
    from datetime import datetime, timedelta

    for back in range(LEAP_DAYS):
        day = moment.date() - timedelta(days=back)
        if cron.has_day(day):
            for hour in reversed(cron.hours):
                for minute in reversed(cron.minutes):
                    yield datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001


def fill(spec: PipelineSpec, texts: Mapping[str, str], scheduled: str) -> dict[str, str]:
    """``texts``, with the run's times for parameters that were given no value, or null.

    ``scheduled`` is when the run was to start. Raises BadScheduleError when it is needed and is
    no time.
    """
    open_names = {
        name: declared["filled"]
        for name, declared in spec["parameters"].items()
        if "filled" in declared and texts.get(name, "null").strip() == "null"
    }
    if not open_names:
        return dict(texts)
    if not scheduled or scheduled.startswith("{{"):
        names = ", ".join(f"'{name}'" for name in open_names)
        raise BadScheduleError(
            f"the engine does not tell for what time this run was scheduled, which {names} "
            "would be; give a value when the run is started, or use a newer release of the engine"
        )
    import json

    moments = times_of(spec.get("schedule"), scheduled, set(open_names.values()))
    return {**texts, **{name: json.dumps(moments[kind]) for name, kind in open_names.items()}}


def times_of(schedule: ScheduleSpec | None, scheduled: str, wanted: set[str]) -> dict[str, str]:
    """The times in UTC, in ISO 8601, by what they are."""
    end = instant(scheduled, "UTC")
    found = {SCHEDULED_TIME: end.isoformat(), INTERVAL_END: end.isoformat()}
    if INTERVAL_START in wanted and schedule is not None:
        found[INTERVAL_START] = tick_before(schedule, end).isoformat()
    return found
