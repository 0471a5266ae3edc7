"""The target `docker`: the pipeline runs at once, every step in a container of its own.

An image holds a step's packages and nothing else, so a change of code never builds one; the
bundle and the store are mounted, or copied where the daemon does not see our files.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from flowc.errors import InternalError, raise_all
from flowc_backends.docker import bundles
from flowc_backends.docker.driving import Drive, default_parallelism, interrupt, signals
from flowc_backends.docker.stepping import run_arguments
from flowc_backends.docker.stops import Stops
from flowc_backends.executors import ON_DOCKER
from flowc_backends.kubernetes import check_mounts
from flowc_runtime.contract import EXIT_REQUEST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar, Literal

    from flowc import ir
    from flowc.registry import RunOptions, Support
    from flowc_runtime.stores import Store
    from flowc_runtime.versions import Environment


class DockerBackend:
    """Runs pipelines in containers on the daemon of DOCKER_HOST or the current context."""

    name: str = "docker"
    kind: Literal["engine", "machine"] = "machine"
    supports: ClassVar[Mapping[str, Support]] = {
        "parameters": "native",
        "parallel": "native",
        "images": "native",
        "ship_image": "error",
        "ship_inline": "error",
        "ship_store": "error",
        "ship_mount": "native",
        "environment": "native",
        "secrets": "native",
        "caching": "native",
        "retries": "native",
        "continue_on_failure": "native",
        "fail_fast": "native",
        "stop_on_failure": "native",
        "timeout": "native",
        "schedule": "error",
        "scheduled_time": "native",
        "max_active_runs": "error",
        "max_parallel_steps": "native",
        "run_timeout": "native",
        "infrastructure_retries": "native",
        "hooks": "native",
        "run_hooks": "native",
        "logs": "native",
        "alerter": "emulated",
        "experiment_tracker": "emulated",
        **ON_DOCKER,
        "docker_executor": "native",
        "kubernetes_executor": "error",
        "process_executor": "error",
        "kubernetes_operator": "error",
        "vertex_operator": "error",
    }

    def environments(
        self, pipeline: ir.Pipeline, options: RunOptions
    ) -> Mapping[str, Environment | None]:
        """By step, the Python and the distributions that a key is made of; None where no container
        of the step's image has said so yet. Starts none, builds none.

        Raises EngineUnavailable when no daemon answers.
        """
        from flowc_backends.docker.preparing import environments

        return environments(pipeline, options)

    def run(self, pipeline: ir.Pipeline, options: RunOptions) -> str:
        """Run to the end; ``completed``, ``failed`` or ``cancelled``.

        Raises FlowcError, before anything has started, when it cannot start.
        """
        from flowc_backends.docker.preparing import prepare, usable_store
        from flowc_backends.images.daemon import connect

        raise_all(check_mounts(pipeline, ()))
        store = usable_store(options.store)
        usual = default_parallelism()
        parallel = options.max_parallel or min(usual, pipeline.max_parallel_steps or usual)
        # A step holds one connection while it runs, and starting and stopping it needs another.
        with connect(connections=2 * parallel) as engine:
            with signals(interrupt):
                prepared = prepare(engine, store, pipeline, options)
            options.reporter.run_started(options.run, [step.id for step in pipeline.steps])
            stops = Stops(store, options)
            drive = Drive(
                prepared.pipeline, options.reporter, prepared.containers, parallel, stops
            )
            drive.run()
        well = finalise(options, prepared.store)
        if drive.interruptions or (stops.record and stops.record["reason"] == "cancelled"):
            return "cancelled"
        well = well and all(outcome.ok for outcome in drive.outcomes.values())
        return "completed" if well else "failed"


def finalise(options: RunOptions, store: Store) -> bool:
    """Say of every invocation how it ended, on this machine: here the store can be reached.

    In a process group of its own: Ctrl-C ends the run, and not what closes its records.
    """
    bundle = bundles.pack(options.bundle, store)
    words = ["finalise", *run_arguments(options), "--store", store.uri]
    process = subprocess.Popen(
        [sys.executable, str(bundle), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    with process:
        output, _ = process.communicate()
    if process.returncode == EXIT_REQUEST:
        raise InternalError(f"the finaliser refused its arguments: {output.strip()}")
    return process.returncode == 0
