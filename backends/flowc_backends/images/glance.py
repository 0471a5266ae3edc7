"""Asks the daemon which images it has, without the `docker` package, whose import takes longer
than all the rest of a compilation in which nothing changed.

That is possible where the daemon listens on a socket of this machine. One connection will do.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowc_backends.images.daemon import found_image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc_backends.images.daemon import Found

SOCKET = "unix:///var/run/docker.sock"
TIMEOUT = 15


def find_images(references: Iterable[str]) -> dict[str, Found] | None:
    """What `Daemon.find_images` says; None where it has to be asked in the daemon's whole way."""
    scheme, _, path = (os.environ.get("DOCKER_HOST") or SOCKET).partition("://")
    if scheme != "unix" or not hasattr(socket, "AF_UNIX"):
        return None
    connection = _Connection(path)
    try:
        return {
            name: found_image(known)
            for name in dict.fromkeys(references)
            if (known := _inspect_image(connection, name)) is not None
        }
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _inspect_image(connection: _Connection, name: str) -> dict[str, Any] | None:
    connection.request("GET", f"/images/{quote(name)}/json")
    answer = connection.getresponse()
    known: dict[str, Any] = json.load(answer)
    if answer.status == http.HTTPStatus.NOT_FOUND:
        return None
    if answer.status != http.HTTPStatus.OK:
        raise http.client.HTTPException(known)
    return known


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._path)
