"""A schedule in Kubeflow's words: a recurring run, which is no part of a package.

It is written beside the package in the form of the API, without the experiment and the version of
the pipeline, which only the server knows. A cron expression there has seconds, and Sunday is 0:

    0 3 * * 1-5   ->  0 0 3 * * 1-5
    0 3 * * 5-7   ->  0 0 3 * * 5,6,0
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flowc_backends.kubeflow.names import engine_name

if TYPE_CHECKING:
    from flowc import ir

RECURRING_RUN = "recurring_run.json"

_SUNDAY = 7
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def recurring_run(pipeline: ir.Pipeline) -> dict[str, bytes]:
    """The file that describes it, by its name; nothing for a pipeline without a schedule."""
    if not pipeline.schedule:
        return {}
    document = {
        "display_name": engine_name(pipeline.name),
        "max_concurrency": "10",
        "mode": "ENABLE",
        "no_catchup": True,
        "trigger": {"cron_schedule": {"cron": six_fields(pipeline.schedule)}},
    }
    return {RECURRING_RUN: (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()}


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
