"""Where messages arrive: a webhook and a mail server, both real, on this machine."""

from __future__ import annotations

import json
import socket
import threading
import time
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class Webhook:
    """Keeps what is posted to it, and answers with ``status``."""

    def __init__(self, host: str = "127.0.0.1", status: int = 200) -> None:
        self.posts: list[dict[str, Any]] = []
        self.status = status
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                receiver.posts.append(json.loads(self.rfile.read(length)))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """As apprise calls it."""
        return f"json://127.0.0.1:{self.port}/hook"

    @property
    def messages(self) -> list[str]:
        return [post["message"] for post in self.posts]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Mailbox:
    """A server that takes mail without encryption; ``mails`` are (subject, text)."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        # The controller says hello to itself, and so cannot leave the choice to the system.
        with socket.create_server(("127.0.0.1", 0)) as found:
            self._port = found.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        body = mail.get_body(("plain", "html"))
        self.mails.append((str(mail["Subject"]), body.get_content() if body else ""))
        return "250 OK"

    @property
    def url(self) -> str:
        to = "from=flowc@example.com&to=ops@example.com&mode=insecure"
        return f"mailto://127.0.0.1:{self._port}?{to}"

    def wait(self) -> tuple[str, str]:
        deadline = time.monotonic() + 10
        while not self.mails:
            assert time.monotonic() < deadline, "no mail arrived"
            time.sleep(0.02)
        return self.mails[0]

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()
