"""The Pythons of this machine, bare: the one that runs the tests, and all others from 3.10."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


@cache
def interpreters() -> dict[str, str]:
    """Path of an interpreter for each version that answers; never empty."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    for version in VERSIONS:
        for candidate in _candidates(version):
            if version not in found and _answers(candidate, version):
                found[version] = candidate
    return dict(sorted(found.items()))


def _candidates(version: str) -> list[str]:
    on_path = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    folders = sorted(pyenv.glob(f"{version}.*/bin/python"))
    return [*([on_path] if on_path else []), *map(str, folders)]


def _answers(candidate: str, version: str) -> bool:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run(
        [candidate, "-I", "-S", "-c", ask], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() == version
