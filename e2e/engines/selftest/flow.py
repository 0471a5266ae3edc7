"""The harness's own flow: one task that runs a container, which ends with the code given."""

from __future__ import annotations

import docker
from prefect import flow, task


@task(name="say", task_run_name="say")
def say(who: str, code: int) -> None:
    command = ["sh", "-c", f"echo hello {who}; exit {code}"]
    print(docker.from_env().containers.run("IMAGE", command, remove=True))


@flow(log_prints=True)
def harness(who: str, code: int) -> None:
    say(who, code)
