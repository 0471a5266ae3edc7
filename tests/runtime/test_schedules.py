"""Times of schedules, and runs that are told for what time they were scheduled."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from flowc_runtime import contract
from flowc_runtime.schedules import BadScheduleError, Cron, instant, tick_before, zone
from tests.runtime.bundles import RUN, Bundle, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.contract import ScheduleSpec

AUTHOR = "def show(time, since):\n    return [str(time), since]\n"
OPEN = {
    "kind": "union",
    "args": [{"kind": "class", "name": "datetime:datetime"}, {"kind": "none"}],
}
TEXT = {"kind": "union", "args": [{"kind": "str"}, {"kind": "none"}]}
PARAMETERS: dict[str, Any] = {
    "time": {"type": OPEN, "default": None, "filled": "scheduled_time"},
    "since": {"type": TEXT, "default": None, "filled": "interval_start"},
}
NIGHTLY = {"cron": "0 3 * * 1-5", "catchup": False, "timezone": "UTC"}
SATURDAY = "2026-11-28T00:00:00"


def cron(text: str, timezone: str = "UTC") -> ScheduleSpec:
    return {"cron": text, "catchup": False, "timezone": timezone}


@pytest.mark.parametrize(
    ("schedule", "moment", "before"),
    [
        (cron("0 3 * * 1-5"), SATURDAY, "2026-11-27T03:00:00"),
        (cron("0 3 * * 1-5"), "2026-11-27T03:00:00", "2026-11-26T03:00:00"),
        (cron("0 3 * * 1-5"), "2026-11-27T03:00:00.000001", "2026-11-27T03:00:00"),
        (cron("0 0 29 2 *"), SATURDAY, "2024-02-29T00:00:00"),
        (cron("0 0 29 2 *"), "2104-01-01T00:00:00", "2096-02-29T00:00:00"),
        (cron("5/10 22 * * *"), SATURDAY, "2026-11-27T22:55:00"),
        (cron("0 0 1 * 7"), "2026-11-29T12:00:00", "2026-11-29T00:00:00"),
        (cron("0 0 1 * 3"), "2026-11-03T00:00:00", "2026-11-01T00:00:00"),
        (cron("0 0 * jan mon"), SATURDAY, "2026-01-26T00:00:00"),
        (cron("30 6 * * *", "Europe/Berlin"), SATURDAY, "2026-11-27T05:30:00"),
        (cron("30 6 * * *", "Europe/Berlin"), "2026-07-02T04:30:00", "2026-07-01T04:30:00"),
        (cron("0 * * * *", "Europe/Berlin"), "2026-10-25T01:30:00", "2026-10-25T00:00:00"),
        ({"interval": 90, "catchup": False, "timezone": "UTC"}, SATURDAY, "2026-11-27T23:58:30"),
    ],
)
def test_the_tick_before(schedule: ScheduleSpec, moment: str, before: str) -> None:
    found = tick_before(schedule, datetime.fromisoformat(moment).replace(tzinfo=timezone.utc))
    assert found == datetime.fromisoformat(before).replace(tzinfo=timezone.utc)


def test_what_has_no_times_is_said() -> None:
    with pytest.raises(BadScheduleError, match="'0 0 31 2 \\*' never has a run"):
        tick_before(cron("0 0 31 2 *"), datetime.now(timezone.utc))
    with pytest.raises(BadScheduleError, match="the time zone 'Europe/Bonn' is not known here"):
        zone("Europe/Bonn")
    with pytest.raises(BadScheduleError, match="'soon' is no time"):
        instant("soon", "UTC")


def test_either_day_counts_where_both_are_chosen() -> None:
    chosen = Cron("0 0 13 * 5")
    assert chosen.has_day(datetime(2026, 11, 13, tzinfo=timezone.utc))
    assert chosen.has_day(datetime(2026, 11, 20, tzinfo=timezone.utc))
    assert chosen.has_day(datetime(2026, 12, 13, tzinfo=timezone.utc))
    assert not chosen.has_day(datetime(2026, 12, 14, tzinfo=timezone.utc))


@pytest.fixture
def made(bundle: Callable[..., Bundle]) -> Bundle:
    inputs = {name: {"parameter": name} for name in PARAMETERS}
    return bundle(AUTHOR, step("show", inputs=inputs), parameters=PARAMETERS, schedule=NIGHTLY)


def test_a_run_is_told_its_times(made: Bundle) -> None:
    done = made.step("show", "--scheduled-time", "2026-11-27T04:00:00+01:00")
    assert done.returncode == 0, done.stderr
    assert made.value("show") == ["2026-11-27 03:00:00+00:00", "2026-11-26T03:00:00+00:00"]
    assert made.record(contract.run_key(RUN))["parameters"] == {
        "time": "2026-11-27T03:00:00+00:00",
        "since": "2026-11-26T03:00:00+00:00",
    }


def test_what_somebody_gives_counts(made: Bundle) -> None:
    given = ("--param", 'time="2026-01-01"', "--param", "since=null")
    done = made.step("show", "--scheduled-time", "2026-11-27T03:00:00Z", *given)
    assert done.returncode == 0, done.stderr
    assert made.value("show") == ["2026-01-01 00:00:00", "2026-11-26T03:00:00+00:00"]


@pytest.mark.parametrize("told", ["", "{{$.pipeline_job_schedule_time_utc}}"])
def test_an_engine_that_does_not_tell_the_time(made: Bundle, told: str) -> None:
    done = made.step("show", "--scheduled-time", told, "--param", 'time="2026-01-01"')
    assert done.returncode == 2
    assert (
        b"does not tell for what time this run was scheduled, which 'since' would" in done.stderr
    )
