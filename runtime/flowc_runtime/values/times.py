"""Dates and times as ISO 8601 text, read the same by every version of Python.

A time zone with a name is added as RFC 9557 does: ``2024-07-01T12:00:00+02:00[Europe/Berlin]``.
"""

from __future__ import annotations

import datetime as dt
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_CLOCK = r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?"
_ZONE = r"(Z|[+-][0-9:.]{4,15})?(?:\[([A-Za-z0-9_+\-/]+)\])?"
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?")
_DATE_ONLY = re.compile(_DATE)
_DATETIME = re.compile(f"{_DATE}(?:[T ]{_CLOCK}{_ZONE})?", re.ASCII)
_TIME = re.compile(_CLOCK + _ZONE)
_DURATION = re.compile(
    r"([+-])?P(?=[0-9T])(?:([0-9]+)W)?(?:([0-9]+)D)?"
    r"(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]{1,6}))?S)?)?"
)
_SECONDS = re.compile(r"(-)?([0-9]+)(?:\.([0-9]{1,6}))?")


def write(value: dt.datetime | dt.time) -> str:
    """Raises ValueError for a time zone that text cannot name."""
    zone = value.tzinfo
    if zone is None or type(zone) is dt.timezone:
        return value.isoformat()
    key = getattr(zone, "key", None)
    if not key:
        raise ValueError(f"has the time zone {zone!r}, which has no name to be written by")
    return f"{value.isoformat()}[{key}]"


def write_duration(value: dt.timedelta) -> str:
    sign = "-" if value.days < 0 else ""
    size = abs(value)
    fraction = f".{size.microseconds:06d}".rstrip("0") if size.microseconds else ""
    days = f"{size.days}D" if size.days else ""
    return f"{sign}P{days}T{size.seconds}{fraction}S"


def read_date(text: str) -> dt.date:
    match = _match(_DATE_ONLY, text)
    return dt.date(*map(int, match.groups()))


def read_datetime(text: str) -> dt.datetime:
    year, month, day, *clock, offset, key = _match(_DATETIME, text).groups()
    naive = dt.datetime(int(year), int(month), int(day), *_clock(clock))  # noqa: DTZ001
    if key is None:
        return naive.replace(tzinfo=_offset(offset))
    placed = naive.replace(tzinfo=_zone(key))
    if offset is None or placed.utcoffset() == _offset_delta(offset):
        return placed
    placed = placed.replace(fold=1)
    if placed.utcoffset() != _offset_delta(offset):
        raise ValueError(f"the offset of {key} at this time is not {offset}")
    return placed


def read_time(text: str) -> dt.time:
    *clock, offset, key = _match(_TIME, text).groups()
    zone = _offset(offset) if key is None else _zone(key)
    return dt.time(*_clock(clock), tzinfo=zone)


def read_duration(text: str) -> dt.timedelta:
    """From ISO 8601 (``P1DT2H30M``) or from a number of seconds."""
    seconds = _SECONDS.fullmatch(text)
    if seconds is not None:
        sign, whole, fraction = seconds.groups()
        size = dt.timedelta(seconds=int(whole), microseconds=_micros(fraction))
    else:
        match = _match(_DURATION, text)
        sign, *parts, fraction = match.groups()
        weeks, days, hours, minutes, whole = (int(part or 0) for part in parts)
        size = dt.timedelta(days, whole, _micros(fraction), 0, minutes, hours, weeks)
    return -size if sign == "-" else size


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError("it is not in the form of ISO 8601")
    return match


def _clock(parts: list[str | None]) -> tuple[int, int, int, int]:
    hour, minute, second, fraction = parts
    return int(hour or 0), int(minute or 0), int(second or 0), _micros(fraction)


def _micros(fraction: str | None) -> int:
    return int((fraction or "0").ljust(6, "0"))


def _offset(text: str | None) -> dt.timezone | None:
    return None if text is None else dt.timezone(_offset_delta(text))


def _offset_delta(text: str) -> dt.timedelta:
    if text == "Z":
        return dt.timedelta(0)
    sign, hours, minutes, seconds, fraction = _match(_OFFSET, text).groups()
    delta = dt.timedelta(
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds or 0),
        microseconds=_micros(fraction),
    )
    return -delta if sign == "-" else delta


def _zone(key: str) -> dt.tzinfo:
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(key)
    except zoneinfo.ZoneInfoNotFoundError as error:
        raise ValueError(f"the time zone '{key}' is not known here") from error


READERS: dict[str, Callable[[str], object]] = {
    "date": read_date,
    "datetime": read_datetime,
    "time": read_time,
    "timedelta": read_duration,
}
