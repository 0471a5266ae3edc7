"""Runs a pipeline on this machine: each step in a process of its own, no service at all.

The author's modules are imported already when a run begins, so a child is a fork that has only
its function left to call. Independent steps run side by side.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Literal

from flowc import ir
from flowc.errors import BackendError
from flowc_backends.executors import shown, wants_image
from flowc_backends.local import fork_server
from flowc_backends.local.fork_server import ForkServer
from flowc_backends.schedule import Schedule
from flowc_runtime import stopping
from flowc_runtime.keys import is_usable
from flowc_runtime.stores import StoreError, open_store
from flowc_runtime.supervisor import (
    Loop,
    Place,
    Run,
    Signals,
    StepRun,
    Task,
    Watch,
    ensure_run,
    explain,
    finalise,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowc.registry import Reporter, RunOptions, Support
    from flowc_runtime.contract import ResultRecord

SECRETS_FOLDER = "FLOWC_SECRETS_DIR"

LINE_LIMIT = 64 * 1024
"""A line that goes on for longer is reported in pieces."""


class LocalBackend:
    """The default target."""

    name = "local"
    kind: Literal["machine"] = "machine"
    supports: Mapping[str, Support] = {
        "parameters": "native",
        "parallel": "native",
        "images": "emulated",
        "ship_image": "error",
        "ship_inline": "error",
        "ship_store": "error",
        "ship_mount": "error",
        "environment": "emulated",
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
        "resources": "emulated",
        "gpus": "emulated",
        "gpu_types": "emulated",
        "node_selector": "error",
        "tolerations": "error",
        "pvc_volumes": "error",
        "host_path_volumes": "error",
        "config_map_volumes": "error",
        "empty_dir_volumes": "error",
        "service_account": "error",
        "labels": "error",
        "annotations": "error",
        "image_pull": "error",
        "docker_executor": "error",
        "kubernetes_executor": "error",
        "process_executor": "native",
        "kubernetes_operator": "error",
        "vertex_operator": "error",
    }

    def run(self, pipeline: ir.Pipeline, options: RunOptions) -> str:
        """Run it; returns ``completed``, ``failed`` or ``cancelled``.

        Raises BackendError when the store gives way or this system has no processes to fork.
        """
        if not hasattr(os, "fork"):
            raise BackendError(
                "the target 'local' needs a POSIX system",
                hint="use --target docker, or the Windows Subsystem for Linux",
            )
        _note_images(pipeline, options.reporter)
        _note_resources(pipeline, options.reporter)
        _note_apart(options)
        try:
            return _LocalRun(pipeline, options).execute()
        except StoreError as error:
            raise BackendError(str(error)) from error
        except OSError as error:
            raise BackendError(
                f"this machine refuses the run a process or a file: {error.strerror}",
                hint="see `ulimit -a`, and what else is running; --max-parallel 1 needs least",
            ) from error


class _LocalRun:
    """One run: which steps are running, which have ended, and what is still to come."""

    def __init__(self, pipeline: ir.Pipeline, options: RunOptions) -> None:
        self._options = options
        self._reporter = options.reporter
        cores = os.cpu_count() or 1
        self._limit = options.max_parallel or min(cores, pipeline.max_parallel_steps or cores)
        self._environment = {step.id: _environment(step.docker) for step in pipeline.steps}
        self._run = _open_run(options)
        self._schedule = Schedule({step["id"]: step["upstream"] for step in options.spec["steps"]})
        served = self._run.store.forkable and fork_server.is_possible()
        self._server = ForkServer() if served else None
        self._loop = Loop(self._server)
        self._running: dict[str, StepRun] = {}
        self._lines: dict[str, _Lines] = {}
        self._ended: list[StepRun] = []
        self._results: dict[str, ResultRecord] = {}
        self._watch = Watch(self._run, self._loop, self._stop)

    def execute(self) -> str:
        ensure_run(self._run)
        self._reporter.run_started(self._run.id, list(self._run.steps))
        try:
            with Signals(self._loop, self.cancel):
                self._drive()
        finally:
            self._abandon()
            if self._server is not None:
                self._server.close()
        self._finalise()
        self._run.store.close()
        if all(is_usable(result) for result in self._results.values()):
            return "completed"
        stop = self._run.stop
        return "cancelled" if stop is not None and stop["reason"] == "cancelled" else "failed"

    def cancel(self, number: int) -> None:
        """End what runs and start nothing more; asked again, end it by force."""
        with suppress(StoreError):  # here the run ends all the same
            stopping.note(self._run, stopping.cancelled())
        for running in list(self._running.values()):
            running.cancel(number)
        self._watch.tell()

    def _stop(self) -> None:
        """Do what the stop record says."""
        stop = self._run.stop
        if stop is None:
            return
        ending = stop["how"] == stopping.END
        what = "steps get a few seconds to end" if ending else "no more steps are started"
        self._reporter.note(f"{stop['message']}: {what}")
        for running in list(self._running.values()):
            running.stop()

    def _drive(self) -> None:
        while True:
            self._watch.tell()
            if self._run.stop is None:
                for step in self._schedule.ready(self._limit - len(self._running)):
                    self._start(step)
            if self._ended:
                self._finish(self._ended.pop(0))
                # Where all come from the cache nothing is waited for, and yet heard of.
                self._loop.turn(wait=False)
            elif self._running:
                self._loop.turn()
            else:
                return

    def _start(self, id_: str) -> None:
        task = self._task(id_)
        lines = _Lines(partial(self._reporter.step_log, id_))
        running = StepRun(task, self._loop, output=lines.write, done=self._ended.append)
        self._running[id_] = running
        self._lines[id_] = lines
        self._reporter.step_started(id_)
        running.start()

    def _task(self, id_: str) -> Task:
        step = self._run.steps[id_]
        known = {above: self._results.get(above) for above in step["upstream"]}
        task = Task(self._run, step, known)
        task.place = self._place(id_)
        return task

    def _place(self, id_: str) -> Place:
        """Where a step's code runs; with no name, where the run's own hooks do."""
        options, run = self._options, self._run
        apart = id_ in options.apart
        environment = {
            **(options.variables_before if apart else {}),
            **self._environment.get(id_, {}),
            "FLOWC_STORE": run.store.uri,
        }
        fresh = apart or not run.store.forkable
        stack = run.spec.get("stack")
        return Place(options.import_paths, environment, fresh=fresh, stack=stack)

    def _finish(self, ended: StepRun) -> None:
        id_ = ended.task.step["id"]
        self._running.pop(id_, None)
        lines = self._lines.pop(id_, None)
        if lines is not None:
            lines.close()
        self._note(id_, ended.result)
        ok = is_usable(ended.result)
        for below in self._schedule.finish(id_, ok=ok):
            skipped = StepRun(self._task(below), self._loop, output=_ignore, done=_ignore)
            skipped.start()
            self._note(below, skipped.result)

    def _note(self, id_: str, result: ResultRecord) -> None:
        self._results[id_] = result
        seconds = result.get("ended", 0.0) - result.get("started", 0.0)
        self._reporter.step_finished(id_, result.get("status", "lost"), seconds, explain(result))

    def _finalise(self) -> None:
        known = dict(self._results)
        lines = _Lines(self._reporter.note)
        results = finalise(self._run, known, places=self._place, output=lines.write)
        lines.close()
        for id_, result in results.items():
            if id_ not in known:
                self._note(id_, result)

    def _abandon(self) -> None:
        """Leave no child behind when something of ours gives way."""
        for running in self._running.values():
            running.cancel(signal.SIGKILL)


class _Lines:
    """Cuts what a step writes into lines, and tells them."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._rest = b""

    def write(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._report(self._cut(line))
        self._rest = self._cut(self._rest)

    def close(self) -> None:
        if self._rest:
            self._report(self._rest)
            self._rest = b""

    def _cut(self, line: bytes) -> bytes:
        while len(line) > LINE_LIMIT:
            self._report(line[:LINE_LIMIT])
            line = line[LINE_LIMIT:]
        return line

    def _report(self, line: bytes) -> None:
        # Of a progress bar that redraws its line, what it showed last.
        shown = line.rstrip(b"\r").rpartition(b"\r")[2]
        self._tell(shown.decode("utf-8", "replace"))


def _open_run(options: RunOptions) -> Run:
    run = Run(options.run, options.spec, open_store(options.store), options.parameters)
    run.name = options.run_name
    run.target = "local"
    run.engine_run = options.engine_run
    run.bundle = options.bundle.digest[:16]
    run.cache = options.cache
    return run


def _environment(docker: ir.DockerSettings) -> dict[str, str]:
    """Where an image has its secrets, this machine has none."""
    return {name: text for name, text in docker.environment if name != SECRETS_FOLDER}


def _note_images(pipeline: ir.Pipeline, reporter: Reporter) -> None:
    """Say that images are declared in vain here; what they hold has to be installed already."""
    steps = [step.id for step in pipeline.steps if wants_image(step.docker)]
    if steps:
        reporter.note(f"the target 'local' makes no images: this Python runs {shown(steps)}")


def _note_resources(pipeline: ir.Pipeline, reporter: Reporter) -> None:
    """Say that steps are held to no limits here: how much they get changes no result."""
    steps = [step.id for step in pipeline.steps if step.resources != ir.Resources()]
    if steps:
        reporter.note(
            f"the target 'local' sets no limits: this machine is what there is for {shown(steps)}"
        )


def _note_apart(options: RunOptions) -> None:
    """Say why steps take longer here than a fork: what they see is what a container shows them."""
    for why in dict.fromkeys(options.apart.values()):
        steps = [id_ for id_, each in options.apart.items() if each == why and id_]
        if steps:
            options.reporter.note(f"a fresh Python, which takes longer, for {shown(steps)}: {why}")


def _ignore(_: object) -> None: ...
