"""Prefect 3 as users run it: a server, a process work pool and one worker."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from e2e.engines import Run
from e2e.engines.processes import clean_environment, free_ports, poll, run_to_end
from e2e.engines.rest import Rest
from e2e.engines.servers import Server
from e2e.engines.venvs import engine_python

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from typing_extensions import Self

PrefectName: TypeAlias = Literal["prefect", "prefect-3.4"]

ENDED = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
# Task runs reach the server as events, so they may lag behind the end of their flow.
LAG_SECONDS = 10.0
PAGE = 200

SET_SECRETS = """
import json, os
from prefect.blocks.system import Secret
for name, value in json.loads(os.environ["SECRETS"]).items():
    Secret(value=value).save(name, overwrite=True)
"""


class Prefect:
    """One server. `start` returns at once; `ready`, or the first call, waits for it."""

    def __init__(self, name: PrefectName = "prefect", pool: str = "flowc") -> None:
        self.name: PrefectName = name
        self.pool = pool
        self._server = Server(name, self._boot)
        self.home = self._server.home
        (self._port,) = free_ports(1)
        self.api_url = f"http://127.0.0.1:{self._port}/api"
        self._api = Rest(self.api_url)

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
        # A worker whose server is gone retries for minutes instead of ending: no grace.
        self._server.stop(grace=0)

    def _boot(self) -> None:
        server = ["server", "start", "--host", "127.0.0.1", "--port", str(self._port), "--no-ui"]
        self._launch("server", server)
        self._server.wait_until(lambda: self._api.answers("/health") is True)
        # The worker makes the pool when there is none: one start of Prefect's command less.
        self._launch("worker", ["worker", "start", "--pool", self.pool, "--type", "process"])
        self._server.wait_until(self._is_worker_online)

    def _launch(self, name: str, arguments: list[str]) -> None:
        python = engine_python(self.name)
        command: list[str | Path] = [python.parent / "prefect", *arguments]
        self._server.launch(name, command, self.environment(python))

    def _is_worker_online(self) -> bool:
        if self._api.answers(f"/work_pools/{self.pool}") is None:
            return False
        workers = self._api.insist("POST", f"/work_pools/{self.pool}/workers/filter", {})
        return any(worker["status"] == "ONLINE" for worker in workers)

    def environment(self, python: Path) -> dict[str, str]:
        """The whole environment of the server, the worker and its flow runs."""
        return clean_environment(
            python,
            self.home,
            {
                "DO_NOT_TRACK": "1",
                "PREFECT_API_URL": self.api_url,
                "PREFECT_CLI_COLORS": "false",
                "PREFECT_CLI_PROMPT": "false",
                "PREFECT_HOME": str(self.home),
                "PREFECT_LOGGING_TO_API_BATCH_INTERVAL": "0.5",
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                # Many flow runs write to one SQLite file.
                "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60",
                "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
                "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
                "PREFECT_SERVER_UI_ENABLED": "false",
                "PREFECT_WORKER_QUERY_SECONDS": "1",
            },
        )

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The server's own interface, for what has no method here; paths start after /api."""
        self.ready()
        twice = method == "GET" or path.endswith(("/filter", "/create_flow_run"))
        return self._api.insist(method, path, body, twice=twice)

    # --- deployments

    def deploy(self, build_dir: Path) -> str:
        """Deploy everything in the folder's prefect.yaml, as its user would; the output."""
        self.ready()
        python = engine_python(self.name)
        command: list[str | Path] = [python.parent / "prefect", "--no-prompt", "deploy", "--all"]
        return run_to_end(command, self.environment(python), cwd=build_dir)

    def deployments(self) -> dict[str, str]:
        """The id of each deployment by the file of its flow."""
        found = self._pages("/deployments/filter", {})
        # One that somebody made by hand need not have an entrypoint.
        return {str(one["entrypoint"]).partition(":")[0]: str(one["id"]) for one in found}

    def set_secrets(self, secrets: Mapping[str, str]) -> None:
        """Keep texts in Secret blocks, by the blocks' names."""
        self.ready()
        python = engine_python("prefect")
        environment = {**self.environment(python), "SECRETS": json.dumps(dict(secrets))}
        run_to_end([python, "-c", SET_SECRETS], environment)

    # --- runs

    def trigger(
        self, flow_name: str, deployment: str, parameters: Mapping[str, object] | None = None
    ) -> str:
        found = self.call("GET", f"/deployments/name/{flow_name}/{deployment}")
        return self.trigger_id(str(found["id"]), parameters)

    def trigger_id(self, deployment: str, parameters: Mapping[str, object] | None = None) -> str:
        body = {
            "parameters": dict(parameters or {}),
            "state": {"type": "SCHEDULED"},
            "idempotency_key": uuid.uuid4().hex,
        }
        return str(self.call("POST", f"/deployments/{deployment}/create_flow_run", body)["id"])

    def wait(self, flow_run_id: str, timeout: float = 180) -> Run:
        def ended() -> str | None:
            kind = str(self.call("GET", f"/flow_runs/{flow_run_id}")["state"]["type"])
            return kind if kind in ENDED else None

        def standing() -> str:
            return f"tasks {self._tasks(flow_run_id)}\n{self.logs(flow_run_id)}"

        state = poll(ended, timeout=timeout, on_timeout=standing)
        tasks = self._settled_tasks(flow_run_id)
        output = self._crash(flow_run_id) if state == "CRASHED" else ""
        return Run(id=flow_run_id, state=state, tasks=tasks, output=output)

    def _crash(self, flow_run_id: str) -> str:
        """Why a run crashed: a process that never reached its flow left nothing elsewhere."""
        state = self.call("GET", f"/flow_runs/{flow_run_id}")["state"]
        return f"{state['message']}\n{self.logs(flow_run_id)}\n{self._server.log_tails(100)}"

    def _settled_tasks(self, flow_run_id: str) -> dict[str, str]:
        end = time.monotonic() + LAG_SECONDS
        before: dict[str, str] | None = None
        while True:
            tasks = self._tasks(flow_run_id)
            settled = tasks == before and "RUNNING" not in tasks.values()
            if settled or time.monotonic() > end:
                return tasks
            before = tasks
            time.sleep(0.5)

    def _tasks(self, flow_run_id: str) -> dict[str, str]:
        mine = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
        tasks = self._pages("/task_runs/filter", mine)
        return {str(task["name"]): str(task["state_type"]) for task in tasks}

    def cancel(self, flow_run_id: str) -> None:
        """Ask for the end of the run; `wait` then tells how it ended."""
        state = {"state": {"type": "CANCELLING"}}
        self.call("POST", f"/flow_runs/{flow_run_id}/set_state", state)

    def logs(self, flow_run_id: str) -> str:
        mine = {"logs": {"flow_run_id": {"any_": [flow_run_id]}}, "sort": "TIMESTAMP_ASC"}
        return "\n".join(str(entry["message"]) for entry in self._pages("/logs/filter", mine))

    def all_logs(self) -> str:
        """Of every run."""
        return "\n".join(str(entry["message"]) for entry in self._pages("/logs/filter", {}))

    def _pages(self, path: str, query: Mapping[str, object]) -> list[Any]:
        found: list[Any] = []
        while True:
            page = self.call("POST", path, {**query, "limit": PAGE, "offset": len(found)})
            found.extend(page)
            if len(page) < PAGE:
                return found
