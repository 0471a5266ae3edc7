"""Run one compiled package in kfp.local's DockerRunner; inside the environment of kfp.

    run_kfp.py REQUEST.json      {package, arguments, volumes, environment, root, result}

The state of the pipeline is written to the file `result`; a package that kfp cannot read or run
ends with a traceback instead.

The runner's own way with containers is replaced. It has the daemon remove each one at its end and
then asks for the exit status: when the container is gone by then, it reports success. So does a
container that failed quickly, now and then. It also pulls what is not there, and cannot mount the
volumes that a cluster would.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

# kfp warns of its own deprecations while it is imported.
warnings.simplefilter("ignore")

from kfp import components, local  # noqa: E402
from kfp.local import docker_task_handler  # noqa: E402


def patch_runner(volumes: dict[str, str], environment: dict[str, str]) -> None:
    mounted = {host: {"bind": inside, "mode": "rw"} for host, inside in volumes.items()}

    def run_docker_container(
        client: Any, image: str, command: list[str], volumes: dict[str, Any], **options: Any
    ) -> int:
        # What a cluster sets for every pod beats what the package says.
        variables = {**options.pop("environment", {}), **environment}
        container = client.containers.create(
            image, command, volumes={**volumes, **mounted}, environment=variables, **options
        )
        try:
            container.start()
            for chunk in container.logs(stream=True, follow=True):
                sys.stdout.write(chunk.decode(errors="replace"))
            sys.stdout.flush()
            return int(container.wait()["StatusCode"])
        finally:
            container.remove(force=True)

    docker_task_handler.run_docker_container = run_docker_container


def main(request_file: str) -> None:
    request = json.loads(Path(request_file).read_text())
    patch_runner(request["volumes"], request["environment"])
    local.init(local.DockerRunner(), pipeline_root=request["root"], raise_on_error=True)
    pipeline = components.load_component_from_file(request["package"])
    try:
        pipeline(**request["arguments"])
    except RuntimeError as error:
        # The only sign of a failed run; any other RuntimeError is kfp's own trouble.
        if "finished with status" not in str(error):
            raise
        state = "FAILURE"
    else:
        state = "SUCCESS"
    Path(request["result"]).write_text(json.dumps({"state": state}))


if __name__ == "__main__":
    main(sys.argv[1])
