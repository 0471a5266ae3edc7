"""Parameters that are the time for which their run was scheduled."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from flowc import INTERVAL_END, SCHEDULED_TIME, pipeline, step


@step(enable_cache=False)
def tell(when: datetime, until: datetime, text: str) -> list[object]:
    """When it was, as far as that is the same for all: now, or which day."""
    zone = when.utcoffset() == timedelta(0)
    now = abs(datetime.now(timezone.utc) - when) < timedelta(hours=1)
    return [
        zone,
        when == until == datetime.fromisoformat(text.replace("Z", "+00:00")),
        "now" if now else when.date().isoformat(),
    ]


@pipeline
def run_times(
    when: datetime = SCHEDULED_TIME, until: datetime = INTERVAL_END, text: str = SCHEDULED_TIME
) -> None:
    tell(when, until, text)
