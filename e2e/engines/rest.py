"""JSON over HTTP with the standard library: all that driving an engine takes."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from e2e.engines import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping


NOT_DONE = 503
"""What an engine says that did nothing with the request: Prefect while its database is locked."""

BUSY = frozenset({NOT_DONE, 502, 504})
PATIENCE = 60


class RestError(EngineError):
    """The engine answered, and its answer was no."""

    def __init__(self, request: str, status: int, text: str) -> None:
        super().__init__(f"{request} answered {status}: {text}")
        self.status = status


class Rest:
    """One engine's interface. Proxies are passed by: the engines are on this machine."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        self.url = url
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310  # an address of our own making
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=self._headers,
        )
        try:
            with self._opener.open(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                detail = error.read().decode(errors="replace")
            raise RestError(f"{method} {path}", error.code, detail) from None
        return json.loads(text) if text else None

    def insist(self, method: str, path: str, body: object = None, *, twice: bool = True) -> Any:
        """Ask again while the engine is too busy to answer.

        What may not be asked `twice` is asked again only where the engine did nothing with it.
        """
        for _ in range(PATIENCE):
            try:
                return self.call(method, path, body)
            except TimeoutError:
                if not twice:
                    raise
            except RestError as error:
                if error.status not in (BUSY if twice else {NOT_DONE}):
                    raise
                time.sleep(1)
        return self.call(method, path, body)

    def answers(self, path: str) -> Any:
        """What is found at the path, or None while nobody listens or the answer is an error."""
        try:
            return self.call("GET", path)
        except (OSError, RestError, json.JSONDecodeError):
            return None
