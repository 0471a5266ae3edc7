"""Prefect's REST API: its server's, and that of Prefect Cloud."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowc.errors import AuthorError
from flowc_backends.rest import Api, basic

if TYPE_CHECKING:
    from collections.abc import Mapping

URL, KEY, LOGIN = "PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"
"""Prefect's own variables."""

_PAGE = 200


class PrefectApi:
    def __init__(self, api: Api) -> None:
        self.url = api.url
        self._api = api

    def pool(self, name: str) -> dict[str, Any] | None:
        return _object(self._api.find(f"/work_pools/{quote(name, safe='')}"))

    def pools(self) -> list[str]:
        found = self._api.insist("POST", "/work_pools/filter", {"limit": _PAGE})
        return [str(pool["name"]) for pool in found]

    def create_pool(self, name: str, kind: str) -> None:
        """A pool whose job template its first worker fills in."""
        self._api.call("POST", "/work_pools/", {"name": name, "type": kind})

    def has_worker(self, pool: str) -> bool:
        path = f"/work_pools/{quote(pool, safe='')}/workers/filter"
        return any(it["status"] == "ONLINE" for it in self._api.insist("POST", path, {}))

    def deployments(self, flow: str) -> dict[str, dict[str, Any]]:
        """All deployments of a flow, by their names."""
        body = {"flows": {"name": {"any_": [flow]}}, "limit": _PAGE}
        found = self._api.insist("POST", "/deployments/filter", body)
        return {str(one["name"]): dict(one) for one in found}

    def flow_id(self, name: str) -> str:
        """The flow of this name, which is made when there is none."""
        return str(self._api.insist("POST", "/flows/", {"name": name})["id"])

    def put_deployment(self, body: Mapping[str, Any]) -> None:
        """Create a deployment, or replace the one that has its flow and name."""
        self._api.call("POST", "/deployments/", body)

    def delete_deployment(self, found: Mapping[str, Any]) -> None:
        self._api.call("DELETE", f"/deployments/{found['id']}")

    def start(self, found: Mapping[str, Any], parameters: Mapping[str, object]) -> str:
        """The id of a new run."""
        body = {
            "parameters": dict(parameters),
            "state": {"type": "SCHEDULED"},
            "idempotency_key": uuid.uuid4().hex,
        }
        path = f"/deployments/{found['id']}/create_flow_run"
        return str(self._api.insist("POST", path, body)["id"])

    def run_state(self, run: str) -> str:
        state = self._api.get(f"/flow_runs/{run}")["state"]
        return str(state["type"]) if state else "SCHEDULED"

    def task_states(self, run: str) -> dict[str, str]:
        found: list[Any] = []
        while True:
            body = {
                "flow_runs": {"id": {"any_": [run]}},
                "limit": _PAGE,
                "offset": len(found),
            }
            page = self._api.insist("POST", "/task_runs/filter", body)
            found.extend(page)
            if len(page) < _PAGE:
                return {str(task["name"]): str(task["state_type"]) for task in found}


def connect(url: str) -> PrefectApi:
    """The API at ``url`` or PREFECT_API_URL, which has answered.

    Raises BackendError when nobody answers there, or the credentials are refused.
    """
    url = url or os.environ.get(URL, "")
    if not url:
        raise AuthorError(
            "no Prefect server is named", hint=f"--url http://HOST:4200/api, or {URL}"
        )
    api = Api("Prefect", url, login=f"set {KEY}, or {LOGIN} as USER:PASSWORD")
    if login := os.environ.get(LOGIN, ""):
        api.authorize(basic(*login.partition(":")[::2]))
    elif key := os.environ.get(KEY, ""):
        api.authorize(f"Bearer {key}")
    api.call("POST", "/work_pools/count", {})
    return PrefectApi(api)


def _object(found: Any) -> dict[str, Any] | None:
    return found if found is None else dict(found)
