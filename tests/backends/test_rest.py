"""When an engine's API is asked again: never twice for what must be done once."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from flowc_backends import rest

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def server(*statuses: int) -> Generator[tuple[rest.Api, list[str]]]:
    """An API that gives these statuses one after the other, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = statuses[len(asked)]
            asked.append(self.command)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"detail": "said so"}')

        do_GET = do_POST = answer  # noqa: N815 - http.server's own names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Nothing: it is a test."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    try:
        yield rest.Api("Engine", f"http://127.0.0.1:{httpd.server_port}", login="none"), asked
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@pytest.fixture(autouse=True)
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "PAUSE", 0)


@pytest.mark.parametrize("status", [429, 503])
def test_what_was_not_done_is_asked_again(status: int) -> None:
    with server(200, status, status, 201) as (api, asked):
        api.get("/")
        assert api.call("POST", "/runs", {}) == {"detail": "said so"}
    assert asked == ["GET", "POST", "POST", "POST"]


@pytest.mark.parametrize("status", [409, 500, 502, 504])
def test_what_may_have_been_done_is_not(status: int) -> None:
    with server(200, status) as (api, asked):
        api.get("/")
        with pytest.raises(rest.Refused, match=f"answered {status} to POST /runs: said so"):
            api.call("POST", "/runs", {})
    assert asked == ["GET", "POST"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_question_is_asked_again(status: int) -> None:
    with server(200, status, 200) as (api, asked):
        api.get("/")
        api.get("/")
    assert asked == ["GET"] * 3


def test_who_never_answered_is_not_waited_for() -> None:
    with server(503) as (api, asked), pytest.raises(rest.Refused, match="answered 503 to GET /"):
        api.get("/")
    assert asked == ["GET"]


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "PATIENCE", -1)
    with server(200, 503) as (api, asked):
        api.get("/")
        with pytest.raises(rest.Refused, match="answered 503"):
            api.get("/")
    assert asked == ["GET", "GET"]
