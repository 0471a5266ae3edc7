"""JSON over HTTP with the standard library: how flowc talks to an engine's API.

What a server answers becomes a value or one error that names the engine, its address and what to
do. Credentials go to that address only: a redirection is an error, and no error shows them.
"""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from flowc.errors import AuthorError, BackendError, EngineUnavailable
from flowc.narrowing import is_dict

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPMessage
    from typing import IO

TIMEOUT = 30
"""Seconds for one answer."""

PATIENCE = 60
"""Seconds in which a server that has answered before may be too busy to answer again."""

PAUSE = 1.0
"""Seconds before it is asked again."""

_NOT_DONE = frozenset((429, 503))
"""What a server says that did nothing with the request: Prefect while its database is locked."""

_BUSY = _NOT_DONE | {502, 504}
_REDIRECTIONS = range(300, 400)
_LONGEST = 600
_MESSAGES = ("detail", "exception_message", "message", "error", "title")


class Refused(BackendError):  # noqa: N818 - said as it is
    """The engine answered, and its answer was no. ``detail`` is its own message."""

    def __init__(self, message: str, *, status: int, detail: str, hint: str = "") -> None:
        self.status, self.detail = status, detail
        super().__init__(message, hint=hint)


class Api:
    """One engine's API. ``login`` says how credentials are given, for when they are refused."""

    def __init__(self, engine: str, url: str, *, login: str) -> None:
        self.engine = engine
        self.url, self.user, self.password = _split(engine, url)
        self._login = login
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self._answered = False
        self._opener = urllib.request.build_opener(_NoRedirection())
        if self.user:
            self.authorize(basic(self.user, self.password))

    def authorize(self, value: str) -> None:
        """Send ``value`` as the Authorization header from now on."""
        self._headers["Authorization"] = value

    def get(self, path: str) -> Any:
        """What is at ``path``, asked for again while the server is too busy."""
        return self.insist("GET", path)

    def find(self, path: str) -> Any:
        """What is at ``path``, or None when there is no such thing."""
        try:
            return self.get(path)
        except Refused as error:
            if error.status != 404:  # noqa: PLR2004 - HTTP's own
                raise
            return None

    def insist(self, method: str, path: str, body: object = None) -> Any:
        """For what may be done twice: asked again while the server is too busy or away."""
        return self._ask(method, path, body, lambda error: _status(error) in {None, *_BUSY})

    def call(self, method: str, path: str, body: object = None) -> Any:
        """For what must be done once: asked again only when the server did nothing.

        Raises EngineUnavailable when nobody answers, Refused for an answer that is an error.
        """
        return self._ask(method, path, body, lambda error: _status(error) in _NOT_DONE)

    def _ask(
        self, method: str, path: str, body: object, again: Callable[[BackendError], bool]
    ) -> Any:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self._ask_once(method, path, body)
            except (EngineUnavailable, Refused) as error:
                if not self._answered or not again(error) or time.monotonic() > end:
                    raise
            time.sleep(PAUSE)

    def _ask_once(self, method: str, path: str, body: object) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=self._headers,
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(method, path, error) from None
        except (OSError, HTTPException) as error:
            raise self._unreachable(error) from None
        self._answered = True
        try:
            return json.loads(text) if text else None
        except ValueError:
            raise self._foreign(path) from None

    def _unreachable(self, error: Exception) -> EngineUnavailable:
        reason: object = getattr(error, "reason", error)
        why = str(reason).strip().partition("\n")[0] or type(error).__name__
        return EngineUnavailable(
            f"{self.engine} at {self.url} does not answer: {why}",
            hint="is it running, and is the address right?",
        )

    def _foreign(self, path: str) -> BackendError:
        return BackendError(
            f"what answers at {self.url}{path} is not the API of {self.engine}",
            hint="give the address of the API with --url",
        )

    def _refused(self, method: str, path: str, error: urllib.error.HTTPError) -> BackendError:
        status = error.code
        if status in _REDIRECTIONS:
            where = error.headers.get("Location", "somewhere else")
            return BackendError(
                f"{self.engine} at {self.url}{path} redirects to {where}",
                hint="give the address that it redirects to with --url, and credentials if it is "
                "a login page",
            )
        detail = _detail(error)
        if status in {401, 403}:
            return Refused(
                f"{self.engine} at {self.url} refuses the credentials ({status}): {detail}",
                status=status,
                detail=detail,
                hint=self._login,
            )
        return Refused(
            f"{self.engine} at {self.url} answered {status} to {method} {path}: {detail}",
            status=status,
            detail=detail,
        )


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    """Makes an error of such an answer: following it would take the credentials along."""

    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: HTTPMessage,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        return


def _status(error: BackendError) -> int | None:
    return error.status if isinstance(error, Refused) else None


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _split(engine: str, url: str) -> tuple[str, str, str]:
    """The address without credentials, and those."""
    try:
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        parts, user, password, host = None, "", "", ""
    if parts is None or parts.scheme not in {"http", "https"} or not host:
        raise AuthorError(
            f"the address of {engine} is neither http:// nor https://",
            hint="--url http://HOST:PORT",
        )
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")), user, password


def _detail(error: urllib.error.HTTPError) -> str:
    """The server's own message, from the forms in which these engines give one."""
    text = error.read(1 << 16).decode(errors="replace").strip()
    try:
        found: object = json.loads(text)
    except ValueError:
        found = None
    if is_dict(found):
        said = next((found[key] for key in _MESSAGES if found.get(key)), text)
        text = said if isinstance(said, str) else json.dumps(said)
    elif text.startswith("<"):
        text = ""
    short = " ".join(text.split())
    return (short[:_LONGEST] + "...") if len(short) > _LONGEST else short or str(error.reason)
