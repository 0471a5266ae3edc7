"""Asks the daemon which images it has, without the `docker` package, whose import takes longer
than all the rest of a compilation in which nothing changed.

That is possible where the daemon listens on a socket of this machine. It is asked for each image
by its name, over one connection: a list takes it longer, the longer the more images it has.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowc_backends.images.daemon import listed_images

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc_backends.images.daemon import Listed

SOCKET = "unix:///var/run/docker.sock"
TIMEOUT = 15


def list_images(references: Iterable[str]) -> dict[str, Listed] | None:
    """What `Daemon.list_images` says; None where it has to be asked in the daemon's whole way."""
    scheme, _, path = (os.environ.get("DOCKER_HOST") or SOCKET).partition("://")
    if scheme != "unix" or not hasattr(socket, "AF_UNIX"):
        return None
    names = list(dict.fromkeys(references))
    connection = _Connection(path)
    try:
        return listed_images(names, [row for name in names for row in _inspect(connection, name)])
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _inspect(connection: _Connection, name: str) -> list[dict[str, Any]]:
    """The image of that name, or none."""
    connection.request("GET", f"/images/{quote(name)}/json")
    answer = connection.getresponse()
    document = json.load(answer)
    if answer.status == http.HTTPStatus.NOT_FOUND:
        return []
    if answer.status != http.HTTPStatus.OK:
        raise http.client.HTTPException(document)
    return [document]


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._path)
