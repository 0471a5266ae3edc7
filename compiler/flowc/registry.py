"""What a backend is, and how one is found by the target's name."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from flowc.errors import AuthorError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc_runtime.contract import PipelineSpec
    from flowc_runtime.versions import Environment

Support = Literal["native", "emulated", "error"]

FEATURES: Mapping[str, str] = {
    "parameters": "parameters changed at run time without compiling again",
    "parallel": "independent steps at the same time",
    "images": "an image of its own for each step",
    "ship_image": "the bundle in each image (--ship image)",
    "ship_inline": "the bundle inside the artifact (--ship inline)",
    "ship_store": "the bundle in the store (--ship store)",
    "ship_mount": "the bundle in a folder that is mounted (--ship mount)",
    "environment": "environment variables for each step",
    "secrets": "values that nobody knows but the steps they are given to",
    "caching": "cached steps are not executed again",
    "retries": "retries with delay and backoff",
    "continue_on_failure": "independent branches go on after a failure",
    "fail_fast": "a failure ends every step that runs",
    "stop_on_failure": "after a failure nothing more is started",
    "timeout": "an attempt of a step is ended after its time",
    "schedule": "runs that the engine starts by itself",
    "scheduled_time": "the time of a scheduled run, and its interval, as parameters",
    "max_active_runs": "a limit of the runs that the engine has active at the same time",
    "max_parallel_steps": "a limit of the steps of a run that are executed at the same time",
    "run_timeout": "a run is ended after its time",
    "infrastructure_retries": "a lost container is started again",
    "hooks": "functions called when a step starts, ends, succeeds, fails",
    "run_hooks": "functions called when a run starts and when it has ended",
    "logs": "logs kept with the run",
    "alerter": "messages from steps and hooks through an alerter of the stack",
    "experiment_tracker": "the address of an experiment tracker of the stack, for each step",
    "resources": "cores and memory for each step",
    "gpus": "GPUs for each step",
    "gpu_types": "GPUs of other makers than NVIDIA",
    "node_selector": "nodes with certain labels for each step",
    "tolerations": "tainted nodes for each step",
    "pvc_volumes": "claims of a cluster as volumes of a step",
    "host_path_volumes": "folders of the container's host as volumes of a step",
    "config_map_volumes": "config maps of a cluster as volumes of a step",
    "empty_dir_volumes": "empty folders as volumes of a step",
    "service_account": "a service account for each step",
    "labels": "labels for each step's container",
    "annotations": "annotations for each step's pod",
    "image_pull": "secrets for pulling each step's image, and when to pull",
    "docker_executor": "a container of the Docker daemon for each step",
    "kubernetes_executor": "a pod for each step",
    "process_executor": "a process for each step",
    "kubernetes_operator": "steps as pods on Kubernetes",
    "vertex_operator": "steps as jobs on Vertex AI",
}
"""Every feature that a pipeline can ask for, and what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Those of an engine: ``series`` are what a target's output is made for, as ``3`` or ``2.11``;
    ``tested`` are the releases that it is tried with.
    """

    series: tuple[str, ...]
    tested: tuple[str, ...]

    def series_of(self, version: str) -> str:
        """The series that a version, or the beginning of one, belongs to; empty for none."""
        for series in reversed(self.series):
            if f"{version}.".startswith(f"{series}.") or f"{series}.".startswith(f"{version}."):
                return series
        return ""


NO_VERSIONS = Versions(series=(), tested=())

Executor = Literal["docker", "kubernetes", "process"]
"""What an engine runs a step in, where it leaves the choice."""

Ship = Literal["image", "mount", "inline", "store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The deterministic zip application that every container executes."""

    digest: str
    data: bytes

    @property
    def filename(self) -> str:
        return f"bundle-{self.digest[:16]}.pyz"

    @property
    def key(self) -> str:
        """Where it is in a store, in a folder of bundles and in a build directory."""
        return f"bundles/{self.digest}.pyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A place that exists on the engine's side, and where steps see it.

    ``kind`` is ``bind`` (a path on the container's host) or ``pvc`` (a claim in the cluster).
    """

    source: str
    target: str
    kind: Literal["bind", "pvc"] = "bind"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitOptions:
    """What is asked of a compilation beside the pipeline itself.

    ``store`` is the URI as containers see it. ``default_parent_image`` is used by steps that
    declare none. ``network`` is a Docker network for containers that an engine starts.
    ``bundles`` is, with ``ship="mount"``, the folder or claim with bundles; backends choose where
    it is mounted. ``platform`` is what images are built for (``linux/arm64``), empty for the
    daemon's own; ``registry`` is what they are pushed to (``host:5000/team``), empty for none.
    ``version`` is the engine's series that the output may count on, empty for all of them.
    ``executor`` is one of those that the backend has, or empty where it has no choice; ``python``
    is the interpreter of processes on a worker.
    """

    bundle: Bundle
    spec: PipelineSpec
    store: str
    volumes: tuple[Volume, ...] = ()
    ship: Ship = "image"
    default_parent_image: str = ""
    network: str = ""
    bundles: Volume | None = None
    platform: str = ""
    registry: str = ""
    version: str = ""
    executor: Executor | Literal[""] = ""
    python: str = "python3"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBuild:
    """An image to build: a tag that is the digest of its context, and the context's files.

    ``platform`` is empty for the daemon's own.
    """

    tag: str
    context: Mapping[str, bytes]
    steps: tuple[str, ...]
    platform: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageUse:
    """An image that steps run in, built by flowc or not; ``python`` is their interpreter, and
    ``environment`` what they are given that the image does not hold.
    """

    reference: str
    python: str
    steps: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of one of the engine's limits an artifact uses, in bytes.

    ``what`` is measured; ``why`` is who sets the limit.
    """

    what: str
    used: int
    limit: int
    why: str

    @property
    def percent(self) -> float:
        return round(100 * self.used / self.limit, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """What a backend wrote: files by path relative to the build directory, and images.

    ``images`` are those to build, ``uses`` all that steps run in.
    """

    files: Mapping[str, bytes]
    images: tuple[ImageBuild, ...] = ()
    uses: tuple[ImageUse, ...] = ()
    sizes: tuple[Size, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How images are built on this machine; none of it is part of an image's tag.

    ``pip`` says where requirements come from: ``index`` lets pip in the build reach the package
    index, ``host`` downloads wheels with this machine's pip and copies them in, for builds without
    a network. ``ca_bundle`` is a PEM file that pip and apt in the build trust; it stays out of the
    image. ``trust_image`` lets steps run in images that cannot be tried on this machine.
    """

    pip: Literal["index", "host"] = "index"
    ca_bundle: str = ""
    trust_image: bool = False


class Reporter(Protocol):
    """Told what happens while a pipeline runs or compiles."""

    def run_started(self, run: str, steps: list[str]) -> None: ...
    def step_started(self, step: str) -> None: ...
    def step_log(self, step: str, line: str) -> None: ...
    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None: ...
    def note(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What is asked of a run on this machine.

    ``parameters`` are JSON texts by name, complete. ``engine_run`` is the run's unique name from
    which its id is derived. ``import_paths`` are the folders of the author's modules. ``apart``
    says, by the ids of steps, why one cannot start from what this process has imported; ``""``
    stands for the run's own hooks. ``variables_before`` takes back what these imports did to the
    environment; None removes a variable.
    """

    run: str
    engine_run: str
    run_name: str
    store: str
    parameters: Mapping[str, str]
    bundle: Bundle
    spec: PipelineSpec
    reporter: Reporter
    cache: bool = True
    max_parallel: int = 0
    import_paths: tuple[str, ...] = ()
    apart: Mapping[str, str] = field(default_factory=dict[str, str])
    variables_before: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    default_parent_image: str = ""
    build: BuildOptions = field(default_factory=BuildOptions)


@runtime_checkable
class Backend(Protocol):
    """A target. ``kind`` says whether it is compiled for, or runs on this machine at once."""

    name: str
    kind: Literal["engine", "machine"]
    supports: Mapping[str, Support]


class EngineBackend(Backend, Protocol):
    """A target that an engine executes. It may have ``versions``, the engine's."""

    def emit(self, pipeline: ir.Pipeline, options: EmitOptions) -> Emission: ...
    def build(
        self, emission: Emission, asked: EmitOptions, options: BuildOptions, reporter: Reporter
    ) -> None: ...


class MachineBackend(Backend, Protocol):
    """A target on this machine: ``run`` returns ``completed``, ``failed`` or ``cancelled``."""

    def run(self, pipeline: ir.Pipeline, options: RunOptions) -> str: ...


@runtime_checkable
class ExecutorBackend(Protocol):
    """A target that leaves a choice what steps run in: the first is taken where nobody chooses.

    By executor, what it supports otherwise than ``supports`` says.
    """

    executors: Mapping[Executor, Mapping[str, Support]]


@runtime_checkable
class ImageBackend(Protocol):
    """A target that can tell, without starting a container, what its images hold.

    By step, None where nobody knows.
    """

    def environments(
        self, pipeline: ir.Pipeline, options: RunOptions
    ) -> Mapping[str, Environment | None]: ...


def backend_names() -> list[str]:
    return sorted({*_OWN, *_entry_points()})


def find_backend(name: str) -> Backend:
    """The backend of a target.

    Raises AuthorError for a target that no installed distribution provides.
    """
    place = _OWN.get(name) or _entry_points().get(name)
    if place is None:
        raise AuthorError(f"unknown target '{name}'", hint=did_you_mean(name, backend_names()))
    module, _, attribute = place.partition(":")
    import importlib

    backend: Backend = getattr(importlib.import_module(module), attribute)()
    return backend


def split_target(target: str) -> tuple[str, str]:
    """``airflow==2.11`` as the target's name and the engine's version, empty without one."""
    name, equals, version = target.partition("==")
    return name.strip(), version.strip() if equals else ""


def versions_of(backend: Backend) -> Versions:
    found: Versions = getattr(backend, "versions", NO_VERSIONS)
    return found


def choose_series(backend: Backend, target: str) -> str:
    """The engine's series that ``target`` asks for, empty when it leaves that open.

    Raises AuthorError for one that the output is not made for.
    """
    name, version = split_target(target)
    if name == target.strip():
        return ""
    versions = versions_of(backend)
    series = versions.series_of(version) if version else ""
    if not series:
        known = ", ".join(f"{name}=={each}" for each in versions.series)
        raise AuthorError(
            f"the target '{target}' asks for a version that flowc does not compile for",
            hint=f"known: {known}; or without a version: {name}" if known else f"use {name}",
        )
    return series


# Known without a look at every installed distribution, which costs more than most commands.
_OWN = {
    "local": "flowc_backends.local:LocalBackend",
    "docker": "flowc_backends.docker:DockerBackend",
    "kubeflow": "flowc_backends.kubeflow:KubeflowBackend",
    "airflow": "flowc_backends.airflow:AirflowBackend",
    "prefect": "flowc_backends.prefect:PrefectBackend",
}


@cache
def _entry_points() -> dict[str, str]:
    """The backends of other distributions."""
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group="flowc.backends")}
