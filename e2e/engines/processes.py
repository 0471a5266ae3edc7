"""Processes of the engines: a clean environment, free ports, and an end that nothing survives."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from e2e.engines import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

# What an engine may know of the machine. Not PYTHONPATH, VIRTUAL_ENV or FLOWC_*: nothing of this
# checkout may reach an engine's process, or a test would pass that fails for a user.
INHERITED = ("HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER")
CERTIFICATES = ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DOCKER_SOCKET = "unix:///var/run/docker.sock"

# Airflow's scheduler serves logs at 8793 unless told otherwise, whatever else listens there.
RESERVED_PORTS = frozenset({8793, 8794})


# Marks every process of one engine, also those that leave its process group.
MARK = "E2E_ENGINE_HOME"


def clean_environment(python: Path, home: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of an engine's processes; `home` tells two servers apart."""
    inherited = {k: os.environ[k] for k in (*INHERITED, *CERTIFICATES) if k in os.environ}
    ours = {
        "PATH": f"{python.parent}:{SYSTEM_PATH}",
        "DOCKER_HOST": DOCKER_SOCKET,
        MARK: str(home),
    }
    return {**inherited, **ours, **variables}


def free_ports(count: int) -> list[int]:
    """Ports that are free now. All are held until the last is found, so no two are the same."""
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            candidate = held.enter_context(socket.socket())
            candidate.bind(("127.0.0.1", 0))
            port = int(candidate.getsockname()[1])
            if port not in RESERVED_PORTS:
                ports.append(port)
    return ports


def run_to_end(
    command: Sequence[str | Path], environment: Mapping[str, str], cwd: Path | None = None
) -> str:
    """The command's output; an EngineError with it when the command fails."""
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=cwd,
    )
    if done.returncode:
        words = " ".join(map(str, command))
        raise EngineError(f"`{words}` ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


class Daemon:
    """A process that runs until it is stopped, with everything that it started."""

    def __init__(
        self, command: Sequence[str | Path], environment: Mapping[str, str], log: Path
    ) -> None:
        self._log = log
        self._name = " ".join(map(str, command))
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ensure_alive(self) -> None:
        if (code := self._process.poll()) is not None:
            raise EngineError(f"`{self._name}` ended with {code}:\n{self.log_tail()}")

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self, grace: float = 0.0) -> None:
        """Kill the whole group, after the time it was given to end on its own."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        # The group outlives its leader: children may still hold ports and database locks.
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def stop_all(daemons: Sequence[Daemon], home: Path, grace: float) -> None:
    """End an engine. All are asked first, so that the grace is waited for once."""
    for daemon in daemons:
        daemon.terminate()
    end = time.monotonic() + grace
    for daemon in daemons:
        daemon.kill(max(0.0, end - time.monotonic()))
    kill_strays(home)


def kill_strays(home: Path) -> None:
    """Kill what an engine started in a session of its own (gunicorn does, so do flow runs)."""
    mark = f"{MARK}={home}".encode()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in entry.read_bytes().split(b"\0"):
                os.kill(int(entry.parent.name), signal.SIGKILL)


def poll(
    question: Callable[[], T | None],
    *,
    timeout: float,
    on_timeout: Callable[[], str],
    interval: float = 0.3,
) -> T:
    """Ask until there is an answer; when there is none in time, say what was going on."""
    end = time.monotonic() + timeout
    while (answer := question()) is None:
        if time.monotonic() > end:
            raise EngineError(f"no answer after {timeout:.0f} s: {on_timeout()}")
        time.sleep(interval)
    return answer
