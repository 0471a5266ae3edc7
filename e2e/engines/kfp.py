"""Kubeflow Pipelines without a cluster: its own SDK runs the compiled package in containers."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from e2e.engines import EngineError, Run
from e2e.engines.processes import clean_environment, kill_strays
from e2e.engines.servers import Chore
from e2e.engines.venvs import CHECKOUT, engine_python

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RUNNER = CHECKOUT / "e2e/engines/inside/run_kfp.py"

KfpName: TypeAlias = Literal["kubeflow", "kubeflow-2.14"]

REFUSED = "REFUSED"
"""The state of a package that kfp could not read or run."""

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# kfp.local tells how a task ended in its log only.
TASK_ENDED = re.compile(r"Task '(?P<task>[^']+)' finished with status (?P<state>[A-Z]+)")


def _ended(result: Path, name: str) -> Run:
    told = json.loads(result.read_text())
    output = COLOUR.sub("", told["output"])
    tasks = {found["task"]: found["state"] for found in TASK_ENDED.finditer(output)}
    return Run(
        id=name,
        state=told.get("state", REFUSED),
        tasks=tasks,
        output=output + told.get("error", ""),
    )


def _run(python: Path, home: Path, timeout: float) -> str:
    try:
        done = subprocess.run(
            [python, RUNNER, home / "request.json"],
            env=clean_environment(python, home, {}),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        kill_strays(home)
        output = (expired.stdout or b"").decode(errors="replace")
        raise EngineError(f"kfp did not end in {timeout:.0f} s:\n{output}") from None
    return done.stdout.decode(errors="replace")


class Kfp(Chore):
    """The installed SDK, handled like a server though nothing of it stays running."""

    def __init__(self, name: KfpName = "kubeflow") -> None:
        super().__init__(lambda: engine_python(name))
        self.name: KfpName = name

    def run_package(
        self,
        package_yaml: Path,
        arguments: Mapping[str, object] | None = None,
        *,
        volumes: Mapping[Path, str] | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float = 300,
    ) -> Run:
        """Run a package to its end; the state is SUCCESS or FAILURE.

        `volumes` (host: container) are mounted into every container and `environment` is set in
        it, as an administrator of a cluster would have it. An EngineError when kfp refuses the
        package.
        """
        [ended] = self.run_packages(
            [(package_yaml, arguments or {})],
            volumes=volumes or {},
            environment=environment or {},
            timeout=timeout,
        )
        if ended.state == REFUSED:
            raise EngineError(f"kfp cannot run {package_yaml.name}:\n{ended.output}")
        return ended

    def run_packages(
        self,
        packages: Sequence[tuple[Path, Mapping[str, object]]],
        *,
        volumes: Mapping[Path, str],
        environment: Mapping[str, str] | None = None,
        timeout: float,
    ) -> list[Run]:
        """Run packages, each with its arguments, one after the other in one process.

        Importing kfp takes longer than running a small package. The state of one that kfp refuses
        is REFUSED, and its output says why.
        """
        python = engine_python(self.name)
        with tempfile.TemporaryDirectory(
            prefix="flowc-kfp-", ignore_cleanup_errors=True
        ) as folder:
            home = Path(folder)
            request = {
                "runs": [
                    {
                        "package": str(package.resolve()),
                        "arguments": dict(arguments),
                        "result": str(home / f"result-{number}.json"),
                    }
                    for number, (package, arguments) in enumerate(packages)
                ],
                "volumes": {str(host): inside for host, inside in volumes.items()},
                "environment": dict(environment or {}),
                "root": str(home / "root"),
            }
            (home / "request.json").write_text(json.dumps(request))
            printed = _run(python, home, timeout)
            results = [home / f"result-{number}.json" for number in range(len(packages))]
            if not all(result.exists() for result in results):
                raise EngineError(f"kfp ended early:\n{printed}")
            return [_ended(result, f"{home.name}-{n}") for n, result in enumerate(results)]
