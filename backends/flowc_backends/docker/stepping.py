"""The containers of one run: one for each step, and none left when the run is over."""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING

from flowc.errors import FlowcError
from flowc_backends.docker.limits import host_config
from flowc_backends.docker.probe import STEP_HOME
from flowc_backends.docker.results import (
    KILLED,
    Outcome,
    explain,
    outcome_of,
    read_outcome,
)
from flowc_backends.images.containers import run
from flowc_backends.images.daemon import Container
from flowc_runtime import secrets
from flowc_runtime.stack import component_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowc.ir import Step
    from flowc.registry import RunOptions
    from flowc_backends.docker.delivery import Delivery
    from flowc_backends.images.daemon import Daemon
    from flowc_runtime.answers import Answers
    from flowc_runtime.contract import PipelineSpec
    from flowc_runtime.stores import Store

RUN_LABEL = "flowc.run"
"""Labels of a step's container; `docker ps --filter label=flowc.run` finds those of a run."""

GRACE = 10
"""Seconds between asking a container to stop and killing it: the runtime inside takes five."""

_FOREIGN = re.compile(r"[^a-zA-Z0-9_.-]+")


class Means:
    """How files get into containers, and who runs there; found out when it is needed first."""

    def __init__(self, find: Callable[[], tuple[Delivery, str]]) -> None:
        self._find = find
        self._found: tuple[Delivery, str] | None = None
        self._lock = threading.Lock()

    def get(self) -> tuple[Delivery, str]:
        """Raises FlowcError when no container could run."""
        with self._lock:
            if self._found is None:
                self._found = self._find()
            return self._found


class StepContainers:
    """Starts containers, and knows which are there. Used by several threads at once.

    What ``answers`` has needs none.
    """

    def __init__(
        self, engine: Daemon, options: RunOptions, store: Store, means: Means, answers: Answers
    ) -> None:
        self._engine = engine
        self._options = options
        self._store = store
        self._means = means
        self._answers = answers
        self._lock = threading.Lock()
        self._there: dict[str, str] = {}
        self._stopped = threading.Event()

    def run_step(self, step: Step, line: Callable[[str], None]) -> Outcome:
        """Run one step in a container to its end, unless the cache has what it would give.

        A container that is lost is followed by another one.
        """
        outcome = self._try(step, line)
        for _ in range(step.infrastructure_retries):
            if not outcome.lost or self._stopped.is_set():
                break
            line(f"flowc: {outcome.detail}; starting another one")
            outcome = self._try(step, line)
        return outcome

    def _try(self, step: Step, line: Callable[[str], None]) -> Outcome:
        container = ""
        try:
            result = self._answers.give(step.id)
            if result is not None:
                return outcome_of(result)
            container = self._engine.create(self._container(step))
            return self._run(container, step, line)
        except FlowcError as error:
            if self._stopped.is_set():
                return Outcome(status="cancelled", detail="killed")
            return Outcome(status="failed", detail=error.message, lost=bool(container))
        finally:
            if container:
                self._remove(container)

    @property
    def _delivery(self) -> Delivery:
        return self._means.get()[0]

    def obey(self, failed: str) -> None:
        """Stop containers that cannot see the run's stop record, all but the ``failed`` step's."""
        if self._there and not self._delivery.sees_records:
            self.stop(spare=failed)

    def stop(self, spare: str = "") -> None:
        """SIGTERM for all containers at once, SIGKILL after a while."""
        with self._lock:
            self._stopped.set()
            there = [container for container, step in self._there.items() if step != spare]
        for container in there:
            threading.Thread(target=self._stop, args=(container,), daemon=True).start()

    def kill(self) -> None:
        """Remove all containers, those that nobody here knows of too."""
        with self._lock:
            self._stopped.set()
        label = f"{RUN_LABEL}={self._options.run}"
        try:
            for container in self._engine.labelled(label):
                self._engine.remove(container)
        except FlowcError as error:
            self._options.reporter.note(
                f"containers may be left, see `docker ps --all --filter label={label}`: {error}"
            )

    def _run(self, container: str, step: Step, line: Callable[[str], None]) -> Outcome:
        complaints: list[str] = []
        self._delivery.bring(container, step)
        with self._lock:
            self._there[container] = step.id
        if self._stopped.is_set():
            return Outcome(status="cancelled")
        code = run(
            self._engine,
            container,
            line,
            error=complaints.append,
            started=lambda: self._stop(container) if self._stopped.is_set() else None,
        )
        self._delivery.fetch(container, step)
        outcome = read_outcome(self._store, self._options.run, step.id)
        if outcome is not None:
            return outcome
        # The runtime speaks on standard error; what it says matters when it could not store it.
        for complaint in complaints:
            line(complaint)
        if self._stopped.is_set():
            return Outcome(status="cancelled", detail="killed")
        killed = code == KILLED and bool(self._engine.state(container).get("OOMKilled"))
        return explain(code, out_of_memory=killed, last=complaints[-1] if complaints else "")

    def _container(self, step: Step) -> Container:
        options = self._options
        user = step.docker.user or self._means.get()[1]
        return Container(
            image=step.image,
            command=[
                step.docker.python,
                self._delivery.inside,
                "step",
                step.id,
                *run_arguments(options),
            ],
            name=container_name(options.run, step.id),
            user=user,
            environment={
                "HOME": STEP_HOME,
                # The image has no entry for our number, and some libraries ask for a name.
                **({} if user.startswith("0:") else {"USER": "flowc"}),
                **stack_environment(options.spec, step.id),
                **dict(step.docker.environment),
                **secret_environment(step),
                "FLOWC_STORE": self._delivery.store,
                "FLOWC_IMAGE": step.image,
            },
            labels={
                **dict(step.placement.labels),
                RUN_LABEL: options.run,
                "flowc.step": step.id,
                "flowc.pipeline": options.spec["pipeline"],
            },
            mounts=self._delivery.mounts,
            host=host_config(step),
        )

    def _stop(self, container: str) -> None:
        # Whoever waits for the container hears of a daemon that is gone.
        with suppress(FlowcError):
            self._engine.stop(container, GRACE)

    def _remove(self, container: str) -> None:
        with self._lock:
            self._there.pop(container, None)
        # A daemon that is gone takes its containers along; the step has an outcome already.
        with suppress(FlowcError):
            self._engine.remove(container)


def stack_environment(spec: PipelineSpec, step: str) -> dict[str, str]:
    """The variables that the step's components name, so far as they are set on this machine."""
    found = next(one for one in spec["steps"] if one["id"] == step)
    names = component_variables(spec.get("stack"), found)
    return {name: os.environ[name] for name in names if name in os.environ}


def secret_environment(step: Step) -> dict[str, str]:
    """The step's secrets, so far as they are on this machine: the runtime inside misses others."""
    return secrets.variables({"secret": ref.name, "key": ref.key} for ref in step.secrets)


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
    return f"{name}-{token_hex(2)}"


def _identity(options: RunOptions) -> list[str]:
    from flowc_runtime.contract import run_id

    if run_id(options.spec["pipeline"], options.engine_run) == options.run:
        return ["--engine-run", options.engine_run]
    return ["--run", options.run]
