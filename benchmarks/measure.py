"""CPU time, wall time and peak memory of whole child processes."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FRESH = "{fresh}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line and where it runs; FRESH in it is another text each time."""

    argv: Sequence[str | Path]
    cwd: Path | None = None
    env: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process and its waited-for children used: seconds and MiB."""

    cpu: float
    wall: float
    memory: float


class CommandError(Exception):
    """A measured command did not end well."""


def spend(command: Command) -> Usage:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            _words(command),
            cwd=command.cwd,
            env=environment(command.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise CommandError(_complaint(command, process.returncode, errors.read()))
    cpu = usage.ru_utime + usage.ru_stime
    return Usage(cpu=cpu, wall=wall, memory=usage.ru_maxrss / 1024)


def alternate(commands: Mapping[str, Command], rounds: int) -> dict[str, Usage]:
    """The median of each command: one run to warm up, then A B A B."""
    for command in commands.values():
        spend(command)
    runs: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(spend(command))
    return {name: middle(usages) for name, usages in runs.items()}


def middle(usages: Sequence[Usage]) -> Usage:
    return Usage(
        cpu=median(usage.cpu for usage in usages),
        wall=median(usage.wall for usage in usages),
        memory=median(usage.memory for usage in usages),
    )


def ask(command: Command) -> Any:
    """What a command prints, read as JSON."""
    result = subprocess.run(
        _words(command),
        cwd=command.cwd,
        env=environment(command.env),
        capture_output=True,
        check=False,
    )
    if result.returncode:
        raise CommandError(_complaint(command, result.returncode, result.stderr))
    return json.loads(result.stdout)


def environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """This process's environment, in which Python keeps compiled modules as it does for users."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLOWC_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, **(extra or {})}


def _words(command: Command) -> list[str]:
    return [str(word).replace(FRESH, os.urandom(8).hex()) for word in command.argv]


def _complaint(command: Command, status: int, errors: bytes) -> str:
    words = " ".join(map(str, command.argv))
    return f"exit status {status}: {words}\n{errors.decode(errors='replace')[-2000:]}"
