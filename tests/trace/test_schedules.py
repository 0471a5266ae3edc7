"""Schedules as authors write them, and parameters that stand for the times of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc import ir
from flowc.errors import FlowcError
from flowc.ir.json import from_json, to_json
from tests.authoring import text, traced

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
from datetime import datetime, timedelta, timezone
from flowc import INTERVAL_END, INTERVAL_START, SCHEDULED_TIME, Schedule
@step
def use(x: object) -> None: ...
"""


THEIRS = """Schedule(cron_expression='0 6 * * *', start_time=datetime(2026, 7, 1),
    end_time='2026-12-01T00:00:00Z', timezone='Europe/Berlin')"""
"""With the names of another tool."""


def scheduled(folder: Path, schedule: str) -> ir.Schedule:
    source = f"{HEAD}@pipeline(schedule={schedule})\ndef p():\n    use(1)\n"
    pipeline = traced(folder, source, wanted="p")
    assert from_json(to_json(pipeline)) == pipeline
    assert pipeline.schedule is not None
    return pipeline.schedule


def refusal(folder: Path, source: str) -> str:
    with pytest.raises(FlowcError) as raised:
        traced(folder, HEAD + source, wanted="p")
    return raised.value.render()


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("'0  3 * * 1-5'", ir.Schedule(cron="0 3 * * 1-5")),
        ("Schedule('0 3 * * 1-5')", ir.Schedule(cron="0 3 * * 1-5")),
        ("Schedule(interval=3600)", ir.Schedule(interval=3600)),
        ("Schedule(interval=timedelta(days=1))", ir.Schedule(interval=86400)),
        ("Schedule(interval_second=timedelta(hours=2), catchup=False)",
         ir.Schedule(interval=7200)),
        (THEIRS, ir.Schedule(cron="0 6 * * *", timezone="Europe/Berlin",
                             start="2026-06-30T22:00:00+00:00", end="2026-12-01T00:00:00+00:00")),
        ("Schedule(interval=60.0, start='2026-01-01', timezone='Asia/Tokyo', catchup=True)",
         ir.Schedule(interval=60, start="2025-12-31T15:00:00+00:00", catchup=True)),
    ],
)  # fmt: skip
def test_one_form_of_all(tmp_path: Path, written: str, canonical: ir.Schedule) -> None:
    assert scheduled(tmp_path, written) == canonical


def test_its_text_form(tmp_path: Path) -> None:
    source = """
    @pipeline(schedule=Schedule("0 3 * * *", start="2026-01-01", end="2027-01-01", catchup=True,
                                timezone="Europe/Berlin"), max_active_runs=1, max_parallel_steps=2)
    def p(when: datetime = SCHEDULED_TIME, since: str = INTERVAL_START):
        use(when)
        use(since)
    """
    lines = text(tmp_path, HEAD + source.replace("\n    ", "\n"), wanted="p")
    when = "when: datetime | none = null or scheduled_time"
    assert lines[0] == f"pipeline p({when}, since: str | none = null or interval_start)"
    times = "from 2025-12-31T23:00:00+00:00 until 2026-12-31T23:00:00+00:00"
    assert lines[1:4] == [
        f"schedule '0 3 * * *' in Europe/Berlin {times} with catchup",
        "max_active_runs 1",
        "max_parallel_steps 2",
    ]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("3", "schedule wants a cron expression of five fields, as '0 3 * * 1-5', or a Schedule"),
        ("Schedule()", "Schedule wants cron or interval, got neither"),
        ("Schedule('0 3 * * *', interval=3)", "Schedule wants cron or interval, got both"),
        ("Schedule('0 3 * *')", "Schedule: cron wants a cron expression of five fields"),
        ("Schedule(interval=0)", "Schedule: interval wants whole seconds from 1, or a timedelta"),
        ("Schedule(interval=1.5)", "Schedule: interval wants whole seconds from 1"),
        ("Schedule(interval=True)", "Schedule: interval wants whole seconds from 1"),
        ("Schedule(intervall=3)", "Schedule has no option 'intervall'"),
        ("Schedule(interval=3, interval_second=3)", "given both interval and interval_second"),
        ("Schedule('0 3 * * *', timezone='Europe/Bonn')", "time zone 'Europe/Bonn' is not known"),
        ("Schedule('0 3 * * *', timezone='../x')", "the time zone '../x' is not known here"),
        ("Schedule('0 3 * * *', timezone=3)", "Schedule: timezone wants a name"),
        ("Schedule('0 3 * * *', start='soon')", "Schedule: start: 'soon' is no time"),
        ("Schedule('0 3 * * *', start=3)", "Schedule: start wants a datetime"),
        ("Schedule('0 3 * * *', start='2026-01-02', end='2026-01-01')",
         "Schedule: end is 2026-01-01, which is not after start, 2026-01-02"),
        ("Schedule('0 3 * * *', start='2026-01-01T00:00:00', end='2026-01-01T01:00:00+01:00')",
         "which is not after start"),
        ("Schedule('0 3 * * *', catchup=True)", "Schedule: catchup wants a start"),
        ("Schedule('0 3 * * *', catchup=1)", "Schedule: catchup wants True or False, got 1"),
    ],
)  # fmt: skip
def test_what_is_no_schedule(tmp_path: Path, written: str, message: str) -> None:
    told = refusal(tmp_path, f"@pipeline(schedule={written})\ndef p():\n    use(1)\n")
    assert message in told
    assert ".py:7" in told


@pytest.mark.parametrize("limit", ["max_active_runs", "max_parallel_steps"])
@pytest.mark.parametrize("value", ["0", "True", "2.0"])
def test_limits_are_counts(tmp_path: Path, limit: str, value: str) -> None:
    told = refusal(tmp_path, f"@pipeline({limit}={value})\ndef p():\n    use(1)\n")
    assert f"{limit} wants an integer from 1, got {value}" in told
    told = refusal(tmp_path, f"@pipeline({limit}=2**31)\ndef p():\n    use(1)\n")
    assert f"{limit} wants an integer up to 2147483647, got 2147483648" in told


@pytest.mark.parametrize(
    ("parameter", "body", "message"),
    [
        ("x=SCHEDULED_TIME", "use(1)", "'x' is SCHEDULED_TIME by default, so its annotation must"),
        ("x: int = INTERVAL_END", "use(x)", "'x' is INTERVAL_END by default, so its annotation"),
        ("x: str = INTERVAL_START", "use(x)", "'x' is INTERVAL_START by default, and without a"),
        ("x: str = SCHEDULED_TIME", "use(f'{x}')", "'x' must be known when the pipeline is comp"),
        ("", "q()", "pipeline 'q' is not given its input 'y', and only the pipeline that is run"),
    ],
)  # fmt: skip
def test_times_that_cannot_be(tmp_path: Path, parameter: str, body: str, message: str) -> None:
    inner = "@pipeline\ndef q(y: str = SCHEDULED_TIME):\n    use(y)\n"
    assert message in refusal(tmp_path, f"{inner}@pipeline\ndef p({parameter}):\n    {body}\n")


def test_a_value_takes_the_place_of_the_time(tmp_path: Path) -> None:
    source = f"{HEAD}@pipeline\ndef p(x: datetime = SCHEDULED_TIME):\n    use(x)\n"
    [parameter] = traced(tmp_path, source, wanted="p", x="2026-01-01").parameters
    assert (parameter.default, parameter.filled) == ('"2026-01-01"', "scheduled_time")
