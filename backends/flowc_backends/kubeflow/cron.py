"""Cron expressions as Kubeflow Pipelines reads them: with seconds, and Sunday as 0 only.

0 3 * * 1-5   ->  0 0 3 * * 1-5
0 3 * * 5-7   ->  0 0 3 * * 5,6,0
"""

from __future__ import annotations

_SUNDAY = 7
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def six_fields(cron: str) -> str:
    *others, weekday = cron.split()
    parts = [_without_seven(part) for part in weekday.split(",")]
    return " ".join(("0", *others, ",".join(dict.fromkeys(parts))))


def _without_seven(part: str) -> str:
    span, slash, every = part.partition("/")
    first, dash, last = span.partition("-")
    if last != "7" and first != "7":
        return part
    start = _DAYS.index(first.lower()) if first.lower() in _DAYS else int(first)
    days = range(start, _SUNDAY + 1, int(every) if slash else 1) if dash else (start,)
    return ",".join(dict.fromkeys(str(day % _SUNDAY) for day in days))
