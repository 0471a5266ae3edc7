"""Dates and times as ISO 8601 text, read the same by every version of Python.

A time zone with a name is added as RFC 9557 does: ``2024-07-01T12:00:00+02:00[Europe/Berlin]``.
"""

from __future__ import annotations

import datetime
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


def write(value: datetime.datetime | datetime.time) -> str:
    """Raises ValueError for a time zone that text cannot name."""
    zone = value.tzinfo
    if zone is None or type(zone) is datetime.timezone:
        return value.isoformat()
    key = getattr(zone, "key", None)
    if not key:
        raise ValueError(f"has the time zone {zone!r}, which has no name to be written by")
    return f"{value.isoformat()}[{key}]"


def write_duration(value: datetime.timedelta) -> str:
    sign = "-" if value.days < 0 else ""
    size = abs(value)
    fraction = f".{size.microseconds:06d}".rstrip("0") if size.microseconds else ""
    days = f"{size.days}D" if size.days else ""
    return f"{sign}P{days}T{size.seconds}{fraction}S"


def read_date(text: str) -> datetime.date:
    match = _match(_DATE_ONLY, text)
    return datetime.date(*map(int, match.groups()))


def read_datetime(text: str) -> datetime.datetime:
    year, month, day, *clock, offset, key = _match(_DATETIME, text).groups()
    naive = datetime.datetime(int(year), int(month), int(day), *_clock(clock))  # noqa: DTZ001
    if key is None:
        return naive.replace(tzinfo=_offset(offset))
    placed = naive.replace(tzinfo=_zone(key))
    if offset is None or placed.utcoffset() == _offset_delta(offset):
        return placed
    placed = placed.replace(fold=1)
    if placed.utcoffset() != _offset_delta(offset):
        raise ValueError(f"the offset of {key} at this time is not {offset}")
    return placed


def read_time(text: str) -> datetime.time:
    *clock, offset, key = _match(_TIME, text).groups()
    zone = _offset(offset) if key is None else _zone(key)
    return datetime.time(*_clock(clock), tzinfo=zone)


def read_duration(text: str) -> datetime.timedelta:
    """From ISO 8601 (``P1DT2H30M``) or from a number of seconds."""
    seconds = _SECONDS.fullmatch(text)
    if seconds is not None:
        sign, whole, fraction = seconds.groups()
        size = datetime.timedelta(seconds=int(whole), microseconds=_micros(fraction))
    else:
        match = _match(_DURATION, text)
        sign, *parts, fraction = match.groups()
        weeks, days, hours, minutes, whole = (int(part or 0) for part in parts)
        size = datetime.timedelta(days, whole, _micros(fraction), 0, minutes, hours, weeks)
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


def _offset(text: str | None) -> datetime.timezone | None:
    return None if text is None else datetime.timezone(_offset_delta(text))


def _offset_delta(text: str) -> datetime.timedelta:
    if text == "Z":
        return datetime.timedelta(0)
    sign, hours, minutes, seconds, fraction = _match(_OFFSET, text).groups()
    delta = datetime.timedelta(
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds or 0),
        microseconds=_micros(fraction),
    )
    return -delta if sign == "-" else delta


def _zone(key: str) -> datetime.tzinfo:
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(key)
    except zoneinfo.ZoneInfoNotFoundError as error:
        raise ValueError(f"the time zone '{key}' is not known here") from error


READERS: dict[str, Callable[[str], object]] = {
    "datetime:date": read_date,
    "datetime:datetime": read_datetime,
    "datetime:time": read_time,
    "datetime:timedelta": read_duration,
}
