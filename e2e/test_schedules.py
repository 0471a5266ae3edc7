"""A schedule as each engine's own interface shows it, and runs that know their time."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from e2e.engines.venvs import engine_python
from e2e.targets import (
    CHECKOUT,
    OnAirflow,
    OnPrefect,
    flowc,
    only_run,
)
from flowc_backends.airflow import dag_file
from tests.backends.engine_pipelines import EVERY, SCHEDULED, options

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.engines.airflow import Airflow
    from e2e.engines.prefect import Prefect

SOURCE = CHECKOUT / "e2e/pipelines/timed_runs.py"
AIRFLOWS = [
    pytest.param(name, marks=pytest.mark.engine(name)) for name in ("airflow3", "airflow2")
]
RECURRING = CHECKOUT / "tests/backends/kubeflow/scheduled.json"


def check_times(document: dict[str, Any]) -> None:
    """The run was created a moment ago, and the schedule has one time a year."""
    told = [document["parameters"][name] for name in ("when", "since", "until")]
    when, since, until = map(datetime.fromisoformat, told)
    assert when == until
    assert when.utcoffset() == timedelta(0)
    assert timedelta(0) < datetime.now(timezone.utc) - when < timedelta(minutes=20)
    assert (since.month, since.day, since.hour, since.minute) == (1, 1, 5, 30)
    assert since < until < since + timedelta(days=367)


@pytest.mark.parametrize("name", AIRFLOWS)
@pytest.mark.shows("schedule", "scheduled_time", "max_active_runs", on=["airflow"])
def test_airflow(
    name: str, request: pytest.FixtureRequest, base_image: str, tmp_path: Path
) -> None:
    airflow: Airflow = request.getfixturevalue(name)
    target = OnAirflow(name, airflow, tmp_path, base_image)
    dag_id = target.prepare(SOURCE)
    dag = airflow.call("GET", f"/dags/{dag_id}/details")
    summary = "30 6 1 1 *" if name == "airflow3" else "At 06:30"
    assert summary in dag.get("timetable_summary", dag["timetable_description"])
    assert (dag["max_active_runs"], dag["max_active_tasks"]) == (2, 3)
    upcoming = airflow.call("GET", f"/dags/{dag_id}")[
        "next_dagrun_run_after" if name == "airflow3" else "next_dagrun_create_after"
    ]
    assert upcoming is None or "-01-01T05:30:00" in upcoming
    assert target.run(dag_id, {}) == "success"
    [document] = [
        document for document in documents(target.store) if document["name"].startswith("trig")
    ]
    check_times(document)


def documents(store: Path) -> list[dict[str, Any]]:
    """Of all runs: Airflow 2 starts one for the time that has passed, too."""
    uri = f"file://{store}"
    runs = json.loads(flowc("runs", "list", "--json", "--store", uri))
    return [
        json.loads(flowc("runs", "show", run["run_id"], "--json", "--store", uri)) for run in runs
    ]


@pytest.mark.parametrize("name", AIRFLOWS)
def test_airflow_reads_what_a_schedule_says(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    airflow: Airflow = request.getfixturevalue(name)
    series = "3" if name == "airflow3" else "2.11"
    for case in (SCHEDULED, EVERY):
        for file, text in dag_file(case, options(version=series)).items():
            (tmp_path / file).write_bytes(text)
    airflow.add_dags([tmp_path / "scheduled.py", tmp_path / "every.py"])
    dag = airflow.call("GET", "/dags/scheduled/details")
    assert dag["start_date"].startswith("2024-03-01T05:00:00")
    assert dag["end_date"].startswith("2030-12-31T23:00:00")
    assert airflow.call("GET", "/dags/every/details")["catchup"] is False
    for dag_id in ("scheduled", "every"):
        airflow.call("PATCH", f"/dags/{dag_id}", {"is_paused": True})


@pytest.mark.shows("schedule", "scheduled_time", "max_active_runs", on=["prefect"])
def test_prefect(prefect: Prefect, base_image: str, tmp_path: Path) -> None:
    target = OnPrefect(prefect, tmp_path, base_image)
    prepared = target.prepare(SOURCE)
    flow, _, deployment = prepared.partition("/")
    found = prefect.call("GET", f"/deployments/name/{flow}/{deployment}")
    [schedule] = found["schedules"]
    assert schedule["active"]
    assert schedule["schedule"]["cron"] == "30 6 1 1 *"
    assert schedule["schedule"]["timezone"] == "Europe/Berlin"
    assert found["global_concurrency_limit"]["limit"] == 2
    assert target.run(prepared, {}) == "COMPLETED"
    check_times(only_run(target.store, "timed_runs", set()))


@pytest.mark.shows("schedule", "max_active_runs", on=["kubeflow"])
def test_kubeflow_s_client_reads_a_recurring_run() -> None:
    script = CHECKOUT / "e2e/engines/inside/read_recurring_run.py"
    command = [engine_python("kubeflow"), script, RECURRING]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = json.loads(RECURRING.read_text(encoding="utf-8"))
    times = written["trigger"]["cron_schedule"]
    for name in ("start_time", "end_time"):
        times[name] = times[name].replace("Z", "+00:00")
    assert json.loads(done.stdout) == written
