"""A schedule in Kubeflow's words: a recurring run, which is no part of a package.

It is written beside the package in the form of the API, without the experiment and the version of
the pipeline, which only the server knows.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flowc.errors import BackendError, FlowcError, raise_all
from flowc_backends.kubeflow.lower import title
from flowc_runtime.schedules import SUNDAY, Cron

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowc import ir

RECURRING_RUN = "recurring_run.json"

MOST_RUNS = 10
"""The server takes no more active runs of a recurring run, and takes 1 where none are given."""


def recurring_run(pipeline: ir.Pipeline) -> dict[str, bytes]:
    """The file that describes it, by its name; nothing for a pipeline without a schedule.

    Raises BackendError for what a recurring run cannot express.
    """
    raise_all(list(_check(pipeline)))
    schedule = pipeline.schedule
    if schedule is None:
        return {}
    document = {
        "display_name": title(pipeline.name),
        "max_concurrency": str(pipeline.max_active_runs or MOST_RUNS),
        "mode": "ENABLE",
        "no_catchup": not schedule.catchup,
        "trigger": _trigger(schedule),
    }
    return {RECURRING_RUN: (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()}


def _check(pipeline: ir.Pipeline) -> Iterator[FlowcError]:
    schedule, limit = pipeline.schedule, pipeline.max_active_runs
    where = str(pipeline.location)
    if schedule is not None and schedule.timezone != "UTC":
        yield BackendError(
            f"the timezone of the schedule {schedule} is not supported by the target 'kubeflow'",
            where=where,
            hint="a recurring run has no time zone of its own: write the schedule in UTC",
        )
    if limit and schedule is None:
        yield BackendError(
            "max_active_runs of a pipeline without a schedule is not supported by the target "
            "'kubeflow'",
            where=where,
            hint="it limits the runs that a schedule starts; leave it out, or set a schedule",
        )
    if limit > MOST_RUNS:
        yield BackendError(
            f"max_active_runs {limit} is not supported by the target 'kubeflow', whose recurring "
            f"runs have at most {MOST_RUNS}",
            where=where,
        )


def _trigger(schedule: ir.Schedule) -> dict[str, Any]:
    """The server starts nothing at the start itself: by cron not before the next second, by an
    interval not before one has passed.
    """
    lead = 1 if schedule.cron else schedule.interval
    times: dict[str, Any] = {}
    if schedule.start:
        times["start_time"] = _time(schedule.start, lead)
    if schedule.end:
        times["end_time"] = _time(schedule.end, 0)
    if schedule.cron:
        return {"cron_schedule": {"cron": six_fields(schedule.cron), **times}}
    return {"periodic_schedule": {"interval_second": str(schedule.interval), **times}}


def _time(text: str, lead: int) -> str:
    moment = datetime.fromisoformat(text) - timedelta(seconds=lead)
    return moment.isoformat().replace("+00:00", "Z")


def six_fields(text: str) -> str:
    """The expression with seconds before it, as the server reads it.

    It has no 7 for Sunday, and takes ``*/2`` for a day that is not chosen.
    """
    minute, hour, day, month, weekday = text.split()
    cron = Cron(text)
    if str(SUNDAY) in weekday or "*/" in weekday:
        weekday = _listed(cron.weekdays)
    if "*/" in day:
        day = _listed(cron.days)
    return f"0 {minute} {hour} {day} {month} {weekday}"


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))
