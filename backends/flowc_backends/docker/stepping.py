"""The containers of one run: one for each step, and none left when the run is over."""

from __future__ import annotations

import re
import secrets
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from flowc.errors import BackendError, FlowcError
from flowc_backends.docker.results import KILLED, Outcome, explain, read_outcome
from flowc_backends.images.containers import run
from flowc_backends.images.daemon import Container

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowc.ir import Step
    from flowc.registry import RunOptions
    from flowc_backends.docker.delivery import Delivery
    from flowc_backends.images.daemon import Daemon
    from flowc_runtime.stores import Store

RUN_LABEL = "flowc.run"
"""Labels of a step's container; `docker ps --filter label=flowc.run` finds those of a run."""

_FOREIGN = re.compile(r"[^a-zA-Z0-9_.-]+")


class StepContainers:
    """Starts containers, and knows which are there. Used by several threads at once.

    ``user`` is who runs in a container whose step names nobody.
    """

    def __init__(
        self, engine: Daemon, options: RunOptions, store: Store, delivery: Delivery, user: str
    ) -> None:
        self._engine = engine
        self._options = options
        self._store = store
        self._delivery = delivery
        self._user = user
        self._lock = threading.Lock()
        self._there: set[str] = set()
        self._closed = False

    def run_step(self, step: Step, bundle: str, line: Callable[[str], None]) -> Outcome:
        """Run one step to its end; ``bundle`` is the unpacked bundle inside its container."""
        try:
            container = self._engine.create(self._container(step, bundle))
        except FlowcError as error:
            return Outcome(status="failed", detail=error.message)
        try:
            self._add(container)
            return self._run(container, step, line)
        except FlowcError as error:
            return Outcome(status="failed", detail=error.message)
        finally:
            self._remove(container)

    def stop(self, seconds: int) -> None:
        """Ask every container to stop, all at once; after ``seconds`` they are killed."""
        with self._lock:
            self._closed = True
            there = list(self._there)
        threads = [
            threading.Thread(target=self._stop, args=(container, seconds), daemon=True)
            for container in there
        ]
        for thread in threads:
            thread.start()

    def remove_all(self) -> None:
        """Remove what is there now and what is being created at this moment."""
        with self._lock:
            self._closed = True
        for container in self._engine.labelled(f"{RUN_LABEL}={self._options.run}"):
            self._engine.remove(container)

    def _run(self, container: str, step: Step, line: Callable[[str], None]) -> Outcome:
        complaints: list[str] = []
        self._delivery.bring(container, step)
        code = run(self._engine, container, line, error=complaints.append)
        self._delivery.fetch(container, step)
        outcome = read_outcome(self._store, self._options.run, step.id)
        if outcome is not None:
            return outcome
        # The runtime speaks on standard error; what it says matters when it could not store it.
        for complaint in complaints:
            line(complaint)
        killed = code == KILLED and bool(self._engine.state(container).get("OOMKilled"))
        return explain(code, out_of_memory=killed, last=complaints[-1] if complaints else "")

    def _container(self, step: Step, bundle: str) -> Container:
        options = self._options
        declared = dict(step.docker.environment)
        return Container(
            image=step.image,
            command=[step.docker.python, bundle, "step", step.id, *run_arguments(options)],
            name=container_name(options.run, step.id),
            user=step.docker.user or self._user,
            environment={
                "HOME": "/tmp",  # noqa: S108 - the one folder of any image that anybody can write to
                "FLOWC_STORE": self._delivery.store,
                "FLOWC_IMAGE": step.image,
                **declared,
            },
            labels={
                RUN_LABEL: options.run,
                "flowc.step": step.id,
                "flowc.pipeline": options.spec["pipeline"],
            },
            mounts=self._delivery.mounts,
        )

    def _add(self, container: str) -> None:
        with self._lock:
            if self._closed:
                raise BackendError("the run was stopped")
            self._there.add(container)

    def _stop(self, container: str, seconds: int) -> None:
        with suppress(FlowcError):
            self._engine.stop(container, seconds)

    def _remove(self, container: str) -> None:
        with self._lock:
            self._there.discard(container)
        # A daemon that is gone takes its containers along; the step has an outcome already.
        with suppress(FlowcError):
            self._engine.remove(container)


def run_arguments(options: RunOptions) -> list[str]:
    """What every command of the runtime is told about the run, the store apart."""
    words = ["--target", "docker", *_identity(options), "--run-name", options.run_name]
    words += parameter_arguments(sorted(options.parameters.items()))
    return words if options.cache else [*words, "--no-cache"]


def parameter_arguments(parameters: Iterable[tuple[str, str]]) -> list[str]:
    return [word for name, text in parameters for word in ("--param", f"{name}={text}")]


def container_name(run_id: str, step: str) -> str:
    """Readable, and new each time: a killed flowc may have left one of the same run."""
    name = _FOREIGN.sub("-", f"{run_id}-{step}").strip("-.")[:100]
    return f"{name}-{secrets.token_hex(2)}"


def _identity(options: RunOptions) -> list[str]:
    from flowc_runtime.contract import run_id

    if run_id(options.spec["pipeline"], options.engine_run) == options.run:
        return ["--engine-run", options.engine_run]
    return ["--run", options.run]
