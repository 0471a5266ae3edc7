"""Downloads wheels on this machine that fit the Python of an image."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowc.errors import BackendError
from flowc_backends.images.containers import HELPER, run_once
from flowc_backends.images.daemon import Container

if TYPE_CHECKING:
    from pathlib import Path

    from flowc_backends.images.job import Job

# Runs inside the image, on any Python 3: what pip itself would say.
_ASK = """
import json, sys
try:
    from pip._vendor.packaging import tags
except ImportError:
    from packaging import tags
first = next(iter(tags.sys_tags()))
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "implementation": tags.interpreter_name(),
    "abi": first.abi,
    "platforms": list(tags.platform_tags()),
}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What wheels an image's Python takes."""

    version: str
    implementation: str
    abi: str
    platforms: tuple[str, ...]

    def arguments(self) -> list[str]:
        """The arguments of `pip download` for a Python that is not the running one."""
        platforms = [f"--platform={platform}" for platform in self.platforms]
        return [
            "--only-binary=:all:",
            f"--python-version={self.version}",
            f"--implementation={self.implementation}",
            f"--abi={self.abi}",
            *platforms,
        ]


def download(job: Job, image: str, python: str, *, requirements: bytes, folder: Path) -> None:
    """Put wheels for ``requirements`` and all they need into ``folder``.

    Raises BackendError when the image has no pip, or pip on this machine finds no wheel.
    """
    wanted = ask(job, image, python)
    folder.mkdir()
    listed = folder / "requirements.txt"
    listed.write_bytes(requirements)
    job.reporter.note(f"downloading wheels for Python {wanted.version} of {job.image.tag}")
    command = [
        *find_pip(wanted.version),
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    ran = subprocess.run(
        [*command, *wanted.arguments(), "--dest", str(folder), "--requirement", str(listed)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    listed.unlink()
    if ran.returncode:
        why = f"pip on this machine ended with exit status {ran.returncode}"
        raise job.failed("pip download (pip: host)", ran.stdout.splitlines(), why)


def ask(job: Job, image: str, python: str) -> Wanted:
    """What the image's Python takes.

    Raises BackendError when there is no Python or no pip in it.
    """
    container = Container(
        image=image, command=[python, "-c", _ASK], environment={}, labels={HELPER: "ask"}
    )
    code, output = run_once(job.engine, container)
    if code:
        raise job.failed(f"{python} -m pip", output.splitlines(), "the parent image has no pip")
    said: dict[str, Any] = json.loads(output.splitlines()[-1])
    return Wanted(
        version=said["version"],
        implementation=said["implementation"],
        abi=said["abi"],
        platforms=tuple(said["platforms"]),
    )


def find_pip(version: str) -> list[str]:
    """The command of a pip on this machine, of a Python of the same version if there is one:
    pip reads markers such as ``python_version < "3.11"`` as its own Python would.

    Raises BackendError when there is none.
    """
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    same = [sys.executable] if this == version else [f"python{version}", sys.executable]
    for python in (*same, "python3", "python"):
        command = [python, "-m", "pip"]
        if shutil.which(python) and _answers(command):
            return command
    raise BackendError(
        "no pip on this machine to download wheels with",
        hint="python -m ensurepip, or let the build use the package index (pip: index)",
    )


def _answers(command: list[str]) -> bool:
    asked = [*command, "--version"]
    return not subprocess.run(asked, check=False, capture_output=True).returncode
