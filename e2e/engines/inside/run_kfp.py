"""Run compiled packages, one after the other, in kfp.local's DockerRunner; in kfp's environment.

    run_kfp.py REQUEST.json      {runs: [{package, arguments, result}], volumes, environment, root}

For each run, the state of the pipeline and what was printed are written to its file `result`. For
a package that kfp cannot read or run the file has the traceback as `error`.

The runner's own way with containers is replaced. It has the daemon remove each one at its end and
then asks for the exit status: when the container is gone by then, it reports success. So does a
container that failed quickly, now and then. It also pulls what is not there, and cannot mount the
volumes that a cluster would. Before 2.15 it drops the variables that the package gives.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

# kfp warns of its own deprecations while it is imported.
warnings.simplefilter("ignore")

from google.protobuf.json_format import MessageToDict  # noqa: E402
from kfp import components, local  # noqa: E402
from kfp.local import docker_task_handler  # noqa: E402

containers: list[dict[str, Any]] = []
"""Those of the package that runs."""


def variables_of(image: str, command: list[str]) -> dict[str, str]:
    for container in containers:
        words = [*container.get("command", ()), *container.get("args", ())]
        # A placeholder has been filled in by now.
        alike = (
            "{{$" in word or word == given for word, given in zip(words, command, strict=False)
        )
        if container["image"] == image and len(words) == len(command) and all(alike):
            return {item["name"]: item["value"] for item in container.get("env", ())}
    raise ValueError(f"no executor of the package runs {command}")


def patch_runner(volumes: dict[str, str], environment: dict[str, str]) -> None:
    mounted = {host: {"bind": inside, "mode": "rw"} for host, inside in volumes.items()}

    def run_docker_container(
        client: Any, image: str, command: list[str], volumes: dict[str, Any], **options: Any
    ) -> int:
        # What a cluster sets for every pod beats what the package says.
        variables = {**variables_of(image, command), **environment}
        options.pop("environment", None)
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


def run(package: str, arguments: dict[str, Any]) -> str:
    pipeline = components.load_component_from_file(package)
    executors = MessageToDict(pipeline.pipeline_spec.deployment_spec)["executors"]
    containers[:] = [executor["container"] for executor in executors.values()]
    try:
        pipeline(**arguments)
    except RuntimeError as error:
        # The only sign of a failed run; any other RuntimeError is kfp's own trouble.
        if "finished with status" not in str(error):
            raise
        return "FAILURE"
    return "SUCCESS"


def main(request_file: str) -> None:
    request = json.loads(Path(request_file).read_text())
    patch_runner(request["volumes"], request["environment"])
    local.init(local.DockerRunner(), pipeline_root=request["root"], raise_on_error=True)
    for wanted in request["runs"]:
        output = io.StringIO()
        result: dict[str, str] = {}
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                result["state"] = run(wanted["package"], wanted["arguments"])
            except Exception:  # noqa: BLE001 - whatever kfp has against the package is told
                result["error"] = traceback.format_exc()
        result["output"] = output.getvalue()
        Path(wanted["result"]).write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
