"""What the templates of a flow file and its deployment print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc_backends.containers import Bind
    from flowc_backends.starting import Start


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterLine:
    """A parameter of the flow; ``default`` holds its value, if a run need not give one.

    ``used`` is how much of its line is taken before the default.
    """

    name: str
    annotation: str
    default: tuple[object, ...]
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image, and the constant that holds its name."""

    constant: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTask:
    """A task of the flow. ``options`` are further arguments of its container, pod or process.
    ``secrets`` are the variables that hold its secrets, where the flow looks for them.

    ``retries`` is how often Prefect starts it again.

    ``wide`` and ``wide_submit`` are whether its lines would be too long.
    """

    function: str
    step: str
    command: tuple[str, ...]
    image: str
    doc: str
    upstream: tuple[str, ...] = ()
    retries: int = 0
    options: tuple[tuple[str, object], ...] = ()
    secrets: tuple[str, ...] = ()
    wide: bool = False
    wide_submit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentEntry:
    """What ``prefect.yaml`` says of the deployment. ``schedule`` are its keys; ``max_active_runs``
    is 0 without a limit.
    """

    entrypoint: str
    pool: str
    schedule: tuple[tuple[str, str | int], ...]
    max_active_runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFile:
    """A flow file. ``run_class``, ``run``, ``steps`` and ``end`` are names no parameter has.

    ``validated`` is whether Prefect can validate parameters of these names. ``retry_delay`` is in
    seconds, 0 when no task is retried. ``slots`` is how many tasks run at the same time, 0 without
    a limit. ``tells_time`` is whether they are told for what time the run was scheduled. ``call``
    is the method that runs a task, ``cleanup`` the function that ends what was left behind.
    ``volumes`` and ``volume_mounts`` are those of all pods. ``optioned`` is whether some container
    has options, ``declared`` whether one has an environment of its own, ``mounted`` whether one
    has mounts, ``typed`` whether types of Docker's client are used. ``start`` is how containers
    start the bundle, ``bundle`` where processes find it.
    """

    executor: str
    call: str
    calls: str
    cleanup: str
    job_prefix: str
    volumes: tuple[Mapping[str, object], ...]
    volume_mounts: tuple[Mapping[str, object], ...]
    optioned: bool
    declared: bool
    mounted: bool
    typed: bool
    file: str
    function: str
    name: str
    run_prefix: str
    source: str
    doc: str
    description: str
    store: str
    retry_delay: int
    binds: tuple[Bind, ...]
    network: str
    start: Start
    bundle: str
    python: str
    limit: int
    typing_names: tuple[str, ...]
    slots: int
    tells_time: bool
    run_class: str
    run: str
    steps: str
    end: str
    parameters: tuple[ParameterLine, ...]
    validated: bool
    images: tuple[Image, ...]
    tasks: tuple[StepTask, ...]
    finaliser: StepTask

    @property
    def has_secrets(self) -> bool:
        """Whether a container is given any."""
        return any(task.secrets for task in self.tasks)
