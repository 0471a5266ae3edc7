"""A container registry on this machine: Docker takes one at a loopback address without TLS."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import TYPE_CHECKING, Any

from e2e.engines.processes import clean_environment, free_ports
from e2e.engines.rest import Rest
from e2e.engines.servers import Server
from e2e.engines.venvs import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

SCRIPT = CHECKOUT / "e2e/engines/registry.sh"

USER, PASSWORD = "flowc", "flowc-e2e"
HASH = "$2y$05$abcdefghijklmnopqrstuuERvpJbTFt9jGKR08oiMo0n67zaHsvT."
"""What bcrypt makes of the password."""


class Registry:
    """One registry; ``closed`` is whether only USER may push and pull."""

    def __init__(self, *, closed: bool = False) -> None:
        self.closed = closed
        self._server = Server("registry", self._boot)
        (port,) = free_ports(1)
        self.address = f"127.0.0.1:{port}"
        self._api = Rest(f"http://{self.address}/v2", self._headers())

    def __enter__(self) -> Self:
        self._server.start()
        self._server.ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(grace=2)

    def tags(self, repository: str) -> list[str]:
        found: dict[str, Any] = self._api.call("GET", f"/{repository}/tags/list")
        return sorted(found["tags"])

    def log_in(self, folder: Path) -> None:
        """Write what `docker login` leaves in a folder for DOCKER_CONFIG."""
        auths = {self.address: {"auth": self._token()}}
        (folder / "config.json").write_text(json.dumps({"auths": auths}))

    def _token(self) -> str:
        return base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self._token()}"} if self.closed else {}

    def _boot(self) -> None:
        done = subprocess.run([SCRIPT], capture_output=True, text=True, check=True)
        home = self._server.home
        document: dict[str, Any] = {
            "version": "0.1",
            "storage": {"filesystem": {"rootdirectory": str(home / "images")}},
            "http": {"addr": self.address},
        }
        if self.closed:
            (home / "htpasswd").write_text(f"{USER}:{HASH}\n")
            document["auth"] = {"htpasswd": {"realm": "flowc", "path": str(home / "htpasswd")}}
        file = home / "config.yml"
        file.write_text(json.dumps(document))
        program = done.stdout.strip()
        self._server.launch(
            "registry", [program, "serve", file], clean_environment(file, home, {})
        )
        self._server.wait_until(lambda: self._api.answers("/") is not None)
