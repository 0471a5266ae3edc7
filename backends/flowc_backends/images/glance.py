"""Asks the daemon which images it has, without the `docker` package, whose import takes longer
than all the rest of a compilation in which nothing changed.

That is possible where the daemon listens on a socket of this machine.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import quote

from flowc_backends.images.daemon import image_filter, listed_images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc_backends.images.daemon import Listed

SOCKET = "unix:///var/run/docker.sock"
TIMEOUT = 15


def list_images(
    references: Sequence[str], repositories: Sequence[str]
) -> dict[str, Listed] | None:
    """What `Daemon.list_images` says; None where it has to be asked in the daemon's whole way."""
    scheme, _, path = (os.environ.get("DOCKER_HOST") or SOCKET).partition("://")
    if scheme != "unix" or not hasattr(socket, "AF_UNIX"):
        return None
    filters = json.dumps({"reference": image_filter(references, repositories)})
    connection = _Connection(path)
    try:
        connection.request("GET", f"/images/json?filters={quote(filters)}")
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            return None
        return listed_images(references, json.load(answer))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._path)
