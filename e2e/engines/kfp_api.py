"""A stand-in for the API server of Kubeflow Pipelines, which itself needs a Kubernetes cluster.

It is written after the published definition of the API (backend/api/v2beta1 of its repository) and
serves what deploying takes: pipelines and versions, experiments, recurring runs, runs. Like the
real one it refuses names that are taken, pipelines that still have versions, packages that are
none, and arguments that the pipeline does not take. Nothing is executed: a run goes from PENDING
to its end while it is looked at.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

ROOT = "/apis/v2beta1"
EPOCH = datetime(2026, 1, 1, tzinfo=timezone.utc)
KINDS: dict[str, type | tuple[type, ...]] = {
    "STRING": str,
    "BOOLEAN": bool,
    "NUMBER_DOUBLE": (int, float),
    "NUMBER_INTEGER": int,
}
CRON_FIELDS = 6
EVERYTHING = '{"predicates": []}'

FIELDS = {
    "pipelines": {"display_name", "name", "description", "namespace", "tags"},
    "experiments": {"display_name", "description", "namespace"},
    "runs": {
        *("experiment_id", "display_name", "description", "pipeline_version_reference"),
        *("pipeline_spec", "runtime_config", "service_account"),
    },
    "recurringruns": {
        *("experiment_id", "display_name", "description", "pipeline_version_reference"),
        *("pipeline_spec", "runtime_config", "service_account", "max_concurrency", "trigger"),
        *("mode", "no_catchup", "namespace"),
    },
}
"""What a request may set of each kind of object."""


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class KfpApi:
    """A server on this machine; ``token`` is the only one that it takes, where there is one.

    ``life`` is how runs stand, look after look; ``broken`` are methods and paths that answer as a
    server does whose database is gone.
    """

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.broken: set[tuple[str, str]] = set()
        self.pipelines: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        self.experiments: dict[str, dict[str, Any]] = {}
        self.recurring: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.writes = 0
        self.life: tuple[str, ...] = ("PENDING", "RUNNING", "RUNNING", "SUCCEEDED")
        self._made = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def check(self, authorization: str) -> None:
        if self.token and authorization != f"Bearer {self.token}":
            raise RefusedError(401, "Unauthenticated")

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Any:
        if (method, path) in self.broken:
            raise RefusedError(500, "Internal Server Error: the database is gone")
        self.writes += method != "GET"
        for verb, pattern, action in self._routes():
            found = re.fullmatch(pattern, path)
            if found and verb == method:
                return action(query, body, *map(unquote, found.groups()))
        raise RefusedError(404, f"Not Found: {method} {path}")

    def _routes(self) -> list[tuple[str, str, Callable[..., Any]]]:
        return [
            ("GET", "/healthz", lambda *_: {"multi_user": False}),
            ("GET", "/pipelines", self._list_pipelines),
            ("POST", "/pipelines", self._create_pipeline),
            ("POST", "/pipelines/upload_version", self._upload_version),
            ("DELETE", "/pipelines/([^/]+)", self._delete_pipeline),
            ("GET", "/pipelines/([^/]+)/versions", self._list_versions),
            ("DELETE", "/pipelines/([^/]+)/versions/([^/]+)", self._delete_version),
            ("GET", "/experiments", self._list_experiments),
            ("POST", "/experiments", self._create_experiment),
            ("GET", "/recurringruns", lambda *_: {"recurringRuns": [*self.recurring.values()]}),
            ("POST", "/recurringruns", self._create_recurring),
            ("DELETE", "/recurringruns/([^/]+)", self._delete_recurring),
            ("POST", "/runs", self._create_run),
            ("GET", "/runs/([^/]+)", self._get_run),
        ]

    # --- pipelines

    def _list_pipelines(self, query: dict[str, str], _body: bytes) -> Any:
        return {"pipelines": _matching(self.pipelines, query)}

    def _create_pipeline(self, _query: dict[str, str], body: bytes) -> Any:
        wanted = _read(body, "pipelines")
        if any(one["name"] == wanted["name"] for one in self.pipelines.values()):
            raise RefusedError(409, f"Already exist error: pipeline {wanted['name']}")
        return self._add(self.pipelines, "pipeline_id", wanted)

    def _delete_pipeline(self, _query: dict[str, str], _body: bytes, key: str) -> Any:
        if any(one["pipeline_id"] == key for one in self.versions.values()):
            raise RefusedError(400, "the pipeline still has versions")
        return self.pipelines.pop(key, {})

    def _upload_version(self, query: dict[str, str], body: bytes) -> Any:
        if query["pipelineid"] not in self.pipelines:
            raise RefusedError(400, "Failed to create a pipeline version")
        siblings = [
            it for it in self.versions.values() if it["pipeline_id"] == query["pipelineid"]
        ]
        if any(one["name"] == query["name"] for one in siblings):
            raise RefusedError(409, "Failed to create a pipeline version: the name is taken")
        spec: Any = next(yaml.safe_load_all(_part(body)))
        if not isinstance(spec, dict) or not {"pipelineInfo", "root"} <= spec.keys():
            raise RefusedError(400, "Failed to read a pipeline spec file")
        version: dict[str, Any] = {
            "pipeline_id": query["pipelineid"],
            "name": query["name"],
            "display_name": query["name"],
            "description": query.get("description", ""),
            "pipeline_spec": spec,
        }
        return self._add(self.versions, "pipeline_version_id", version)

    def _list_versions(self, query: dict[str, str], _body: bytes, key: str) -> Any:
        found = [one for one in self.versions.values() if one["pipeline_id"] == key]
        newest = query.get("sort_by") == "created_at desc"
        found.sort(key=lambda one: str(one["created_at"]), reverse=newest)
        return {"pipeline_versions": found, "total_size": len(found)}

    def _delete_version(self, _query: dict[str, str], _body: bytes, _of: str, key: str) -> Any:
        return self.versions.pop(key, {})

    # --- experiments and runs

    def _list_experiments(self, query: dict[str, str], _body: bytes) -> Any:
        return {"experiments": _matching(self.experiments, query)}

    def _create_experiment(self, _query: dict[str, str], body: bytes) -> Any:
        return self._add(self.experiments, "experiment_id", _read(body, "experiments"))

    def _create_recurring(self, _query: dict[str, str], body: bytes) -> Any:
        wanted = _read(body, "recurringruns")
        self._spec(wanted)
        cron = wanted["trigger"]["cron_schedule"]["cron"]
        if len(cron.split()) != CRON_FIELDS or "7" in cron.split()[-1]:
            raise RefusedError(400, f"Invalid input error: the cron expression '{cron}'")
        return self._add(self.recurring, "recurring_run_id", wanted)

    def _delete_recurring(self, _query: dict[str, str], _body: bytes, key: str) -> Any:
        return self.recurring.pop(key, {})

    def _create_run(self, _query: dict[str, str], body: bytes) -> Any:
        wanted = _read(body, "runs")
        spec = self._spec(wanted)
        known = spec["root"].get("inputDefinitions", {}).get("parameters", {})
        given = wanted.get("runtime_config", {}).get("parameters", {})
        for name, value in given.items():
            if name not in known or not isinstance(value, KINDS[known[name]["parameterType"]]):
                raise RefusedError(400, f"Invalid input error: parameter {name} is {value!r}")
        missing = [n for n in known if n not in given and "defaultValue" not in known[n]]
        if missing:
            raise RefusedError(400, f"Invalid input error: parameter {missing[0]} is missing")
        return self._add(self.runs, "run_id", {**wanted, "looks": 0})

    def _get_run(self, _query: dict[str, str], _body: bytes, key: str) -> Any:
        run = self.runs[key]
        state = self.life[min(int(run["looks"]), len(self.life) - 1)]
        run["looks"] += 1
        tasks: list[str] = [*self._spec(run)["components"]["comp-exit-handler-1"]["dag"]["tasks"]]
        details = [{"display_name": name, "state": state, "run_id": key} for name in tasks]
        shown = {k: v for k, v in run.items() if k != "looks"}
        return {**shown, "state": state, "run_details": {"task_details": details}}

    def _spec(self, wanted: dict[str, Any]) -> Any:
        reference = wanted["pipeline_version_reference"]
        version = self.versions.get(reference["pipeline_version_id"])
        if version is None or version["pipeline_id"] != reference["pipeline_id"]:
            raise RefusedError(404, "ResourceNotFoundError: PipelineVersion")
        return version["pipeline_spec"]

    def _add(self, kind: dict[str, dict[str, Any]], key: str, found: dict[str, Any]) -> Any:
        self._made += 1
        made = {**found, key: str(uuid.uuid4())}
        made["created_at"] = (EPOCH + timedelta(seconds=self._made)).isoformat()
        kind[made[key]] = made
        return {name: value for name, value in made.items() if name != "looks"}


def _read(body: bytes, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    unknown = found.keys() - FIELDS[kind]
    if unknown:
        raise RefusedError(400, f"unknown fields {sorted(unknown)} of {kind}")
    return found


def _matching(kind: dict[str, dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    """Those that fit all predicates of the filter."""
    predicates: list[dict[str, str]] = json.loads(query.get("filter") or EVERYTHING)["predicates"]
    return [
        one
        for one in kind.values()
        if all(one.get(it["key"]) == it["stringValue"] for it in predicates)
    ]


def _part(body: bytes) -> bytes:
    """The one file of a multipart body: between its head and the boundary that ends it."""
    boundary = body.partition(b"\r\n")[0]
    content = body.partition(b"\r\n\r\n")[2]
    return content.partition(b"\r\n" + boundary)[0]


def _handler(api: KfpApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            url = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(url.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = 200
            try:
                api.check(self.headers.get("Authorization", ""))
                answer = api.answer(self.command, url.path.removeprefix(ROOT), query, body)
            except RefusedError as error:
                status, answer = error.status, {"error": str(error), "code": error.status}
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            """Nothing: the tests' output is theirs."""

    return Handler
