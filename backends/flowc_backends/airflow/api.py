"""Airflow's REST API, in the two versions that are about: v2 of Airflow 3, v1 of Airflow 2.

They differ in how one logs in and in the names of a few things; nothing outside of this module
knows which of them answers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from flowc.errors import AuthorError, BackendError, EngineUnavailable
from flowc_backends.rest import Api, Refused, basic

URL, TOKEN = "FLOWC_AIRFLOW_URL", "FLOWC_AIRFLOW_TOKEN"
USER, PASSWORD = "FLOWC_AIRFLOW_USER", "FLOWC_AIRFLOW_PASSWORD"

_LOGIN = f"set {TOKEN}, or {USER} and {PASSWORD}; Airflow 2 needs its backend for basic auth"
_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDag:
    """A DAG as Airflow has it.

    ``live`` is whether its file was there at the last look, ``source`` the text of the file that
    was parsed last, empty where that is not known.
    """

    file: str
    live: bool
    paused: bool
    source: str


class AirflowApi:
    def __init__(self, api: Api, *, new: bool) -> None:
        self.url = api.url
        self._api = api
        self._new = new
        self._root = "/api/v2" if new else "/api/v1"

    def dag(self, dag_id: str) -> KnownDag | None:
        found = self._api.find(f"{self._root}/dags/{quote(dag_id, safe='')}")
        if found is None:
            return None
        live = not found["is_stale"] if self._new else bool(found["is_active"])
        return KnownDag(
            file=found.get("relative_fileloc") or found["fileloc"],
            live=live,
            paused=bool(found["is_paused"]),
            source=self._source(dag_id if self._new else found["file_token"]) if live else "",
        )

    def _source(self, token: str) -> str:
        try:
            found = self._api.get(f"{self._root}/dagSources/{quote(token, safe='')}")
        except Refused as error:
            # Airflow 2 breaks over a file that is gone and whose DAG it has not noticed yet.
            if error.status not in {404, 500}:
                raise
            return ""
        return str(found["content"])

    def import_errors(self, file: str) -> dict[tuple[object, object], str]:
        """The import errors of files of this name, by number and time."""
        found: list[Any] = []
        while True:
            path = f"{self._root}/importErrors?limit={_PAGE}&offset={len(found)}"
            page = self._api.get(path)["import_errors"]
            found.extend(page)
            if len(page) < _PAGE:
                break
        return {
            (error["import_error_id"], error["timestamp"]): str(error["stack_trace"]).strip()
            for error in found
            if PurePosixPath(error["filename"]).name == file
        }

    def set_paused(self, dag_id: str, *, paused: bool) -> None:
        path = f"{self._root}/dags/{quote(dag_id, safe='')}?update_mask=is_paused"
        self._api.insist("PATCH", path, {"is_paused": paused})

    def trigger(self, dag_id: str, run: str, conf: dict[str, object]) -> None:
        body: dict[str, object] = {"dag_run_id": run, "conf": conf}
        if self._new:
            body["logical_date"] = None
        self._api.call("POST", f"{self._root}/dags/{quote(dag_id, safe='')}/dagRuns", body)

    def run_state(self, dag_id: str, run: str) -> str:
        return str(self._api.get(self._run(dag_id, run))["state"])

    def task_states(self, dag_id: str, run: str) -> dict[str, str]:
        states: dict[str, str] = {}
        count = 0
        while True:
            path = f"{self._run(dag_id, run)}/taskInstances?limit={_PAGE}&offset={count}"
            page = self._api.get(path)["task_instances"]
            states.update({it["task_id"]: it["state"] for it in page if it["state"]})
            count += len(page)
            if len(page) < _PAGE:
                return states

    def _run(self, dag_id: str, run: str) -> str:
        return f"{self._root}/dags/{quote(dag_id, safe='')}/dagRuns/{quote(run, safe='')}"


def connect(url: str) -> AirflowApi | None:
    """The API at ``url`` or FLOWC_AIRFLOW_URL, logged in; None when neither is given.

    Raises BackendError when nobody answers there, or the credentials are refused.
    """
    url = url or os.environ.get(URL, "")
    if not url:
        return None
    api = Api("Airflow", url, login=_LOGIN)
    new = _is_new(api)
    _log_in(api, new=new)
    return AirflowApi(api, new=new)


def need(api: AirflowApi | None, what: str) -> AirflowApi:
    if api is None:
        raise AuthorError(f"{what} needs Airflow's API", hint=f"--url http://HOST:PORT, or {URL}")
    return api


def _is_new(api: Api) -> bool:
    """Airflow 3 has the second version, and answers whom it does not know."""
    for path, new in (("/api/v2/version", True), ("/api/v1/version", False)):
        try:
            found = api.call("GET", path)
        except EngineUnavailable:
            raise
        except BackendError:
            continue
        if isinstance(found, dict) and "version" in found:
            return new
    raise BackendError(
        f"what answers at {api.url} is not the API of Airflow",
        hint="give the address of the web server, without /api: --url http://HOST:PORT",
    )


def _log_in(api: Api, *, new: bool) -> None:
    user = os.environ.get(USER, "") or api.user
    password = os.environ.get(PASSWORD, "") if os.environ.get(USER) else api.password
    if token := os.environ.get(TOKEN, ""):
        api.authorize(f"Bearer {token}")
    elif not new:
        if user:
            api.authorize(basic(user, password))
    elif user:
        body = {"username": user, "password": password}
        api.authorize(f"Bearer {api.call('POST', '/auth/token', body)['access_token']}")
    else:
        # An Airflow that lets everybody in hands out tokens; another one refuses what follows.
        try:
            found = api.call("GET", "/auth/token")
        except Refused:
            return
        api.authorize(f"Bearer {found['access_token']}")
