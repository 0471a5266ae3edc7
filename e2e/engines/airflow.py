"""Airflow 3.3 and 2.11 as users run them: scheduler, web server and, in 3, the DAG processor.

Both use the LocalExecutor on SQLite. Airflow 2 refuses that pair unless told that we know: at our
few tasks at a time a write waits for another at worst, while its SequentialExecutor would start a
new interpreter for every task and run one after the other.
"""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from e2e.engines import EngineError, Run
from e2e.engines.processes import clean_environment, free_ports, poll, run_to_end
from e2e.engines.rest import Rest, RestError
from e2e.engines.servers import Server
from e2e.engines.venvs import engine_python

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

AirflowName: TypeAlias = Literal["airflow3", "airflow2"]

USER, PASSWORD = "flowc", "flowc"
ENDED = frozenset({"success", "failed"})
LONG = "7200"  # seconds

# The two majors differ in three things: what is started, where the interface is, and how one
# proves to be allowed in.
SERVERS = {
    "airflow3": ("api-server", "dag-processor", "scheduler"),
    "airflow2": ("webserver", "scheduler"),
}
API = {"airflow3": "/api/v2", "airflow2": "/api/v1"}
HEALTH = {"airflow3": "/monitor/health", "airflow2": "/health"}
HEARTS = {"airflow3": ("scheduler", "dag_processor"), "airflow2": ("scheduler",)}

BASIC_AUTH = "airflow.providers.fab.auth_manager.api.auth.backend.basic_auth"

# Imported by Airflow as `connect_args.WAIT`: a writer waits for others instead of failing. Nobody
# queues for SQLite, so on a busy machine one can be out of luck for minutes. The API server must
# not wait for long: its event loop can wait for a thread whose commit waits for the loop. Whoever
# asked it then asks again.
CONNECT_ARGS = """
import sys

WAIT = {"timeout": 30 if "api-server" in sys.argv else 900}
"""

# `db migrate` and the user in one process, since starting Airflow's command takes longest.
PREPARE_2 = f"""
from airflow.cli.cli_parser import get_parser
for line in (
    "db migrate",
    "users create -u {USER} -p {PASSWORD} -r Admin -e {USER}@example.com -f flowc -l flowc",
):
    arguments = get_parser().parse_args(line.split())
    arguments.func(arguments)
"""


class Airflow:
    """One server. `start` returns at once; `ready`, or the first call, waits for it."""

    def __init__(self, name: AirflowName) -> None:
        self.name: AirflowName = name
        self._server = Server(name, self._boot)
        self.home = self._server.home
        self.dags_folder = self.home / "dags"
        self.dags_folder.mkdir()
        self._port, self._log_port, self._trigger_log_port = free_ports(3)
        self.url = f"http://127.0.0.1:{self._port}"
        self._api = Rest(self.url + API[name])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- life

    def start(self) -> None:
        self._server.start()

    def ready(self) -> None:
        self._server.ready()

    def stop(self) -> None:
        self._server.stop(grace=5)

    def _boot(self) -> None:
        python = engine_python(self.name)
        environment = self.environment(python)
        self._prepare_database(python, environment)
        for command in SERVERS[self.name]:
            self._server.launch(command, [python.parent / "airflow", command], environment)
        self._server.wait_until(self._is_healthy)
        self._api = Rest(self.url + API[self.name], {"Authorization": self.authorization()})

    def _is_healthy(self) -> bool:
        health: Any = self._api.answers(HEALTH[self.name])
        return health is not None and all(
            health[heart]["status"] == "healthy" for heart in HEARTS[self.name]
        )

    def _prepare_database(self, python: Path, environment: Mapping[str, str]) -> None:
        (self.home / "config").mkdir()
        (self.home / "config/connect_args.py").write_text(CONNECT_ARGS)
        if self.name == "airflow3":
            run_to_end([python.parent / "airflow", "db", "migrate"], environment)
        else:
            run_to_end([python, "-c", PREPARE_2], environment)
        # Readers do not wait for the writer in this mode, which stays with the file.
        connection = sqlite3.connect(self.home / "airflow.db")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()

    def environment(self, python: Path) -> dict[str, str]:
        """The whole environment of the servers, and so of the processes of the tasks."""
        options = {
            "API__MAXIMUM_PAGE_LIMIT": "1000",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_FOLDER": str(self.dags_folder),
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
            "CORE__PARALLELISM": "4",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__FERNET_KEY": "",
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home}/airflow.db",
            "DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "connect_args.WAIT",
            "LOGGING__WORKER_LOG_SERVER_PORT": str(self._log_port),
            "LOGGING__TRIGGER_LOG_SERVER_PORT": str(self._trigger_log_port),
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
            "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
            # A scheduler that stood still as long is taken for dead, and its tasks start again.
            "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": LONG,
            **self._patience(),
            "USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        # New and changed files are found by listing the folder; the interval between two parses
        # of an unchanged file only costs time.
        if self.name == "airflow3":
            options |= {
                "API__HOST": "127.0.0.1",
                "API__PORT": str(self._port),
                "API__BASE_URL": self.url,
                "API__WORKERS": "1",
                "API_AUTH__JWT_SECRET": "a-secret-that-guards-nothing-" * 3,
                "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
                "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
                "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
                "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
                "DAG_PROCESSOR__REFRESH_INTERVAL": "1",
                # Of a request that was given up its task's start has often been taken down, and
                # asking again is a conflict: a busy machine would fail tasks before they begin.
                "WORKERS__EXECUTION_API_TIMEOUT": "60",
            }
        else:
            options |= {
                "API__AUTH_BACKENDS": BASIC_AUTH,
                "SCHEDULER__DAG_DIR_LIST_INTERVAL": "1",
                "SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "3600",
                "WEBSERVER__BASE_URL": self.url,
                "WEBSERVER__SECRET_KEY": "a-secret-that-guards-nothing",
                "WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
                "WEBSERVER__WEB_SERVER_PORT": str(self._port),
                "WEBSERVER__WORKERS": "1",
            }
        return clean_environment(
            python,
            self.home,
            {
                "AIRFLOW_HOME": str(self.home),
                "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
                **{f"AIRFLOW__{name}": value for name, value in options.items()},
            },
        )

    def _patience(self) -> dict[str, str]:
        """A machine that stood still for minutes is no reason to end tasks or servers."""
        if self.name == "airflow3":
            return {"SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": LONG}
        return {
            "SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": LONG,
            "WEBSERVER__WEB_SERVER_MASTER_TIMEOUT": LONG,
            "WEBSERVER__WEB_SERVER_WORKER_TIMEOUT": LONG,
        }

    def authorization(self) -> str:
        """The value of the Authorization header that a client of this server sends."""
        if self.name == "airflow3":
            token = Rest(self.url).call("GET", "/auth/token")["access_token"]
            return f"Bearer {token}"
        return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The server's own interface, for what has no method here; paths start after /api/v?."""
        self.ready()
        # What is read or set can be so again when a busy server has not answered in time.
        ask = self._api.insist if method in {"GET", "PATCH"} else self._api.call
        return ask(method, path, body)

    # --- DAGs

    def add_dag(self, path: Path, *, timeout: float = 60) -> list[str]:
        """Copy a DAG file, or a folder of them, to the server and wait until it is parsed."""
        return self.add_dags([path], timeout=timeout)[path.name]

    def add_dags(self, paths: Sequence[Path], *, timeout: float = 60) -> dict[str, list[str]]:
        """Copy all of them, wait until all are parsed, and return the ids of each one's DAGs.

        An EngineError has the server's own words when it cannot import a file.
        """
        self.ready()
        since = datetime.now(timezone.utc)
        targets = [self._place(path) for path in paths]

        def parsed() -> dict[str, list[str]] | None:
            self._server.ensure_alive()
            self._check_imports(targets, since)
            dags = self.call("GET", "/dags?limit=1000")["dags"]
            fresh = [dag for dag in dags if _is_fresh(dag, since)]
            found = {target.name: _dag_ids(fresh, target) for target in targets}
            return found if all(found.values()) else None

        return poll(parsed, timeout=timeout, on_timeout=self._server.log_tails)

    def _place(self, path: Path) -> Path:
        """Copied beside the folder and moved into it: Airflow never reads half a file."""
        incoming, target = self.home / "incoming" / path.name, self.dags_folder / path.name
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True)
        else:
            incoming.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, incoming)
            incoming.replace(target)
        return target

    def _check_imports(self, targets: Sequence[Path], since: datetime) -> None:
        errors = self.call("GET", "/importErrors?limit=1000")["import_errors"]
        for error in errors:
            file = self.dags_folder / error["filename"]
            ours = any(file.is_relative_to(target) for target in targets)
            if ours and _moment(error["timestamp"]) >= since:
                raise EngineError(
                    f"{self.name} cannot import {file.name}:\n{error['stack_trace']}"
                )

    def set_variable(self, key: str, value: str) -> None:
        try:
            self.call("POST", "/variables", {"key": key, "value": value})
        except RestError as error:
            if error.status != 409:
                raise
            self.call("PATCH", f"/variables/{quote(key)}", {"key": key, "value": value})

    def set_connection(self, name: str, password: str) -> None:
        body = {"connection_id": name, "conn_type": "generic", "password": password}
        try:
            self.call("POST", "/connections", body)
        except RestError as error:
            if error.status != 409:
                raise
            self.call("PATCH", f"/connections/{quote(name)}", body)

    # --- runs

    def trigger(self, dag_id: str, conf: Mapping[str, object] | None = None) -> str:
        self.ready()
        run = f"triggered__{uuid.uuid4().hex}"
        body: dict[str, object] = {"dag_run_id": run, "conf": dict(conf or {})}
        if self.name == "airflow3":
            body["logical_date"] = None
        try:
            self._api.insist("POST", f"/dags/{dag_id}/dagRuns", body)
        except RestError as error:
            # Asked for before, and the answer came too late.
            if error.status != 409:
                raise
        return run

    def wait(self, dag_id: str, dag_run_id: str, timeout: float = 180) -> Run:
        path = f"/dags/{dag_id}/dagRuns/{quote(dag_run_id)}"

        def ended() -> str | None:
            # Without its scheduler a run stands still, and the server answers as if nothing were.
            self._server.ensure_alive()
            state = str(self.call("GET", path)["state"])
            return state if state in ENDED else None

        def standing() -> str:
            return f"tasks {self._tasks(path)}\n{self._server.log_tails()}"

        state = poll(ended, timeout=timeout, on_timeout=standing)
        return Run(id=dag_run_id, state=state, tasks=self._tasks(path))

    def _tasks(self, path: str) -> dict[str, str]:
        answer = self.call("GET", f"{path}/taskInstances?limit=1000")
        return {_task_key(task): str(task["state"]) for task in answer["task_instances"]}

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1) -> str:
        """What the task printed; of Airflow 3's JSON lines, their messages."""
        folder = self.home / f"logs/dag_id={dag_id}/run_id={run_id}/task_id={task_id}"
        log = folder / f"attempt={try_number}.log"
        if not log.exists():
            found = sorted(str(file.relative_to(folder)) for file in folder.rglob("*.log"))
            raise EngineError(f"{task_id} has no log of try {try_number}, only {found}")
        return "\n".join(map(_message, log.read_text(errors="replace").splitlines()))

    def last_log(self, dag_id: str, run_id: str, task_id: str) -> str:
        """What the task's last try printed; for one that never began, what the servers did."""
        folder = self.home / f"logs/dag_id={dag_id}/run_id={run_id}/task_id={task_id}"
        tries = sorted(int(log.stem.partition("=")[2]) for log in folder.glob("attempt=*.log"))
        if not tries:
            return self._server.log_tails()
        return self.task_log(dag_id, run_id, task_id, tries[-1])

    def clear(self, dag_id: str, run_id: str, task_id: str, *, downstream: bool = False) -> None:
        """Have the task run again in the same run, as by the button of the web page."""
        body = {
            "dag_run_id": run_id,
            "task_ids": [task_id],
            "include_downstream": downstream,
            "only_failed": False,
            "reset_dag_runs": True,
            "dry_run": False,
        }
        self.call("POST", f"/dags/{dag_id}/clearTaskInstances", body)

    def cancel(self, dag_id: str, run_id: str) -> None:
        """Mark the run as failed, which ends the tasks that run: Airflow's way to cancel."""
        self.call("PATCH", f"/dags/{dag_id}/dagRuns/{quote(run_id)}", {"state": "failed"})


def _moment(text: str) -> datetime:
    # fromisoformat of Python 3.10 does not know the Z.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _is_fresh(dag: Mapping[str, Any], since: datetime) -> bool:
    parsed = dag["last_parsed_time"]
    return bool(parsed) and _moment(parsed) >= since


def _dag_ids(dags: Sequence[Mapping[str, Any]], target: Path) -> list[str]:
    return sorted(dag["dag_id"] for dag in dags if Path(dag["fileloc"]).is_relative_to(target))


def _task_key(task: Mapping[str, Any]) -> str:
    index = task["map_index"]
    return str(task["task_id"]) if index < 0 else f"{task['task_id']}[{index}]"


def _message(line: str) -> str:
    """Airflow 3 logs JSON lines, and the reason of a failure in a field of its own."""
    if not line.startswith("{"):
        return line
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return line
    reasons = [f"{e['exc_type']}: {e['exc_value']}" for e in entry.get("error_detail") or ()]
    return "\n".join([str(entry.get("event", line)), *reasons])
