"""What talks to an engine is imported when it is wanted: no compilation pays for it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from flowc.deploying import DeployingBackend
from flowc.registry import find_backend

backends = [find_backend(name) for name in ("airflow", "prefect", "kubeflow")]
assert all(isinstance(backend, DeployingBackend) for backend in backends)
print(*sorted(sys.modules.keys() & {"flowc_backends.rest", "urllib.request", "ssl"}))
print(*[backend.deployer().__name__.removeprefix("flowc_backends.") for backend in backends])
"""


def test_http_is_no_part_of_compiling() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [
        "",
        "airflow.deploy prefect.deploy kubeflow.deploy",
    ], done.stderr
