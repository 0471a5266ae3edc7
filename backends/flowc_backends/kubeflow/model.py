"""The render model of a package: all that the template prints, and nothing it must decide.

    PackageModel
      root: parameters, `exit-handler-1` (a DAG of all steps), `finalise` (its exit task)
      tasks -> components -> executors

One component serves all invocations of a step function; one executor all steps of an image.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN_INPUT = "flowc-run"
STEP_INPUT = "flowc-step"
"""Inputs of each component beside the parameters. A dash is in no Python name: no collision."""

RUN_ID = "{{$.pipeline_job_uuid}}"
"""KFP replaces this where it is the whole constant input of a task, and nowhere else."""

TIME_INPUT = "flowc-time"
SCHEDULED = "{{$.pipeline_job_schedule_time_utc}}"
"""The time of a recurring run, else when the run was created. A release that does not know this
leaves it as it is, and the runtime says so."""

STEPS_TASK = "exit-handler-1"
STEPS_COMPONENT = "comp-exit-handler-1"
FINALISE_TASK = "finalise"
TOKEN = "kubeflow"  # noqa: S105 - the name of an execution
"""What KFP's retries tell the runtime: that they belong to the first start."""

BACKOFF = {"backoffDuration": "5s", "backoffFactor": 2.0, "backoffMaxDuration": "3600s"}
"""Waits before a retry. What is left out would be nought to Argo, the longest wait too."""

VERDICT_TASK = "flowc--verdict"
FINALISE_COMPONENT = "comp-flowc--finalise"
FINALISE_EXECUTOR = "exec-flowc--finalise"
"""Names of our own have two dashes in a row, those made from the author's never do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterModel:
    """A parameter of the root. ``default`` is None where a run must give a value."""

    name: str
    type: str
    default: str | bool | float | None
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskModel:
    """An invocation. ``step`` is its id as the container gets it, ``title`` as people see it.

    ``retries`` is how often KFP starts its container again.
    """

    name: str
    component: str
    title: str
    source: str
    step: str
    upstream: tuple[str, ...]
    retries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentModel:
    """A step's function. ``doc`` are the lines of its docstring: KFP has no field for them."""

    name: str
    doc: tuple[str, ...]
    source: str
    executor: str
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretModel:
    """A part of a Kubernetes secret, as a variable of the container."""

    name: str
    key: str
    variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorModel:
    """``environment`` and ``user`` are what the image does not say itself. ``platform`` is what
    else the cluster is told of its pods, ``mounts`` their own claims.
    """

    name: str
    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    user: tuple[int, ...] = ()
    secrets: tuple[SecretModel, ...] = ()
    resources: Mapping[str, object] = field(default_factory=dict[str, object])
    platform: Mapping[str, object] = field(default_factory=dict[str, object])
    mounts: tuple[MountModel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MountModel:
    """A persistent volume claim, or a folder of it, and where containers see it."""

    claim: str
    path: str
    sub_path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageModel:
    """``told`` are inputs of each component that KFP gives a value for the run, with what stands
    for that.
    """

    name: str
    title: str
    description: str
    source: str
    version: str
    store: str
    told: tuple[tuple[str, str], ...]
    parameters: tuple[ParameterModel, ...]
    tasks: tuple[TaskModel, ...]
    last: tuple[str, ...]
    components: tuple[ComponentModel, ...]
    executors: tuple[ExecutorModel, ...]
    mounts: tuple[MountModel, ...]

    @property
    def on_kubernetes(self) -> tuple[ExecutorModel, ...]:
        """Executors of which only Kubernetes can be told everything."""
        return tuple(
            it
            for it in self.executors
            if self.mounts or it.secrets or it.user or it.mounts or it.platform
        )
