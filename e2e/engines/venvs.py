"""Where the engines are installed: one cached environment for each, made on first use."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path
from typing import Literal, TypeAlias

from e2e.engines import EngineError

EngineName: TypeAlias = Literal[
    "airflow2", "airflow3", "docker", "kubeflow", "kubeflow-2.14", "prefect", "prefect-3.4"
]

CHECKOUT = Path(__file__).parents[2]


def cache_directory() -> Path:
    """The folder that requirements/environment.sh and the shell scripts here use as well."""
    if chosen := os.environ.get("FLOWC_DEV_CACHE"):
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "flowc-dev"


@functools.cache
def engine_python(name: EngineName) -> Path:
    """The Python of the engine's environment, which is installed when it is not there yet."""
    done = subprocess.run(
        [CHECKOUT / "requirements/environment.sh", "engine", name],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EngineError(f"the environment of {name} could not be made:\n{done.stderr}")
    return Path(done.stdout.strip())
