"""The nodes of the intermediate representation: frozen, and tuples all the way down.

A pipeline holds a block; a block holds nodes. Today a node is a step; `foreach` and `condition`
nodes will hold blocks of their own. Rebuild a node with `dataclasses.replace`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in the author's code; ``file`` is relative to the project's root, with ``/``."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type annotation in the form of the wire's TypeSpec.

    ``values`` holds the JSON texts of a literal's encoded values.
    """

    kind: str
    args: tuple[Type, ...] = ()
    variadic: bool = False
    values: tuple[str, ...] = ()
    name: str = ""


ANY = Type(kind="any")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A value known at compile time: ``json`` is the text of what `values.encode` returned."""

    json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRef:
    """A run-time parameter of the pipeline, passed on as it is."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRef:
    """An output of another invocation."""

    step: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A value that was stored before the run; the fields are those of the wire's record.

    ``refers`` are the classes and functions, as ``module:Qualname``, that are behind the value and
    not part of its contents.
    """

    digest: str
    type: str
    uri: str
    size: int
    materializer: str
    refers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SecretRef:
    """A text that only the step itself will know; ``key`` is empty for a secret of one part."""

    name: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.name}/{self.key}" if self.key else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceOf:
    """A list or tuple that holds at least one reference."""

    kind: str
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingOf:
    """A dict that holds at least one reference; each key is JSON text, like a constant's."""

    items: tuple[tuple[str, Value], ...]


Value = Constant | Artifact | ParameterRef | OutputRef | SecretRef | SequenceOf | MappingOf


def secrets_in(value: Value) -> Iterator[SecretRef]:
    """Every secret inside a value."""
    match value:
        case SecretRef():
            yield value
        case SequenceOf(items=items):
            for item in items:
                yield from secrets_in(item)
        case MappingOf(items=pairs):
            for _, item in pairs:
                yield from secrets_in(item)
        case Constant() | Artifact() | ParameterRef() | OutputRef():
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An argument of an invocation: the function's parameter, its annotation and the value."""

    name: str
    type: Type
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A named output; ``materializer`` is ``module:Qualname`` or empty for the built-in choice."""

    name: str
    type: Type
    materializer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """Where the step's function is found once its module is imported."""

    module: str
    qualname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Waits ``delay * backoff**k`` seconds, at most ``max_delay``, before retry k+1 (k from 0).

    ``only_on`` are exception classes as ``module:Qualname``; empty means any.
    """

    max_retries: int = 0
    delay: float = 0.0
    backoff: float = 1.0
    max_delay: float | None = None
    only_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A function called at ``event``; ``where`` is its place, or where its import path stands."""

    event: str
    function: Function
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFunction:
    """Called with the inputs ``takes``; what it returns counts in their place."""

    function: Function
    where: str
    takes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """What counts for a step's cache key beside its code and its other inputs.

    ``files`` are names and digests; of ``objects`` the code counts. ``expires`` is in seconds.
    ``versions`` is ignore, minor or exact.
    """

    ignore_inputs: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    objects: tuple[Function, ...] = ()
    key: KeyFunction | None = None
    expires: float | None = None
    versions: str = "minor"


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerSettings:
    """What a step's image is made of and how its container is started.

    Empty fields mean the backend's default. ``requirements`` and ``apt_packages`` are in the
    author's order; ``environment`` is sorted. ``dockerfile`` is the text of the author's own file,
    onto which the bundle is layered.
    """

    parent_image: str = ""
    dockerfile: str = ""
    requirements: tuple[str, ...] = ()
    apt_packages: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    python: str = "python3"
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a step is promised, and at most gets; 0 where nothing was said.

    ``cpu`` is in thousandths of a core, ``memory`` in bytes. ``gpu_type`` is what a cluster calls
    such a device.
    """

    cpu: int = 0
    memory: int = 0
    gpus: int = 0
    gpu_type: str = "nvidia.com/gpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration:
    """A taint of nodes that a pod puts up with; ``seconds`` is for how long."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A volume that a step sees at ``path``.

    ``kind`` is pvc, host_path, config_map or empty_dir; ``source`` is the claim, the path on the
    host or the map. ``size`` is in bytes, 0 without a limit; ``memory`` is whether the directory
    is kept there.
    """

    path: str
    kind: str
    source: str = ""
    sub_path: str = ""
    size: int = 0
    memory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where and how a step's pod runs in a cluster; pairs are sorted."""

    node_selector: tuple[tuple[str, str], ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    volumes: tuple[Mount, ...] = ()
    service_account: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    image_pull_secrets: tuple[str, ...] = ()
    image_pull_policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A component of the stack; ``configuration`` is JSON text, with ``${NAME}`` left in it."""

    kind: str
    name: str
    flavor: str
    configuration: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What a pipeline is compiled with; the first component of a kind is the active one.

    ``store`` is used where nobody names another.
    """

    name: str = "default"
    store: str = ""
    components: tuple[Component, ...] = ()

    def of_kind(self, kind: str) -> tuple[Component, ...]:
        return tuple(component for component in self.components if component.kind == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentUse:
    """A component that a step uses; ``settings`` is JSON text, the step's own for it."""

    kind: str
    name: str
    flavor: str
    settings: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One invocation of a step. ``image`` is empty until the lowering of images has run.

    ``name`` is the step's own name, ``id`` the invocation's. ``location`` is the call in the
    pipeline function, ``defined`` the step's function. ``upstream`` is what must have completed
    before it, by data or by order: sorted ids. ``secret_environment`` are variables that its
    process has and its image never: sorted.
    """

    id: str
    name: str
    function: Function
    location: Location
    defined: Location | None = None
    doc: str = ""
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    after: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    cache: bool = True
    cache_policy: CachePolicy = CachePolicy()
    artifact_metadata: bool = True
    code: str = ""
    retry: Retry = Retry()
    hooks: tuple[Hook, ...] = ()
    timeout: float | None = None
    infrastructure_retries: int = 0
    docker: DockerSettings = DockerSettings()
    secret_environment: tuple[tuple[str, SecretRef], ...] = ()
    resources: Resources = Resources()
    placement: Placement = Placement()
    components: tuple[ComponentUse, ...] = ()
    image: str = ""

    @property
    def secrets(self) -> tuple[SecretRef, ...]:
        """Every secret that the step is given, sorted."""
        found = {ref for _, ref in self.secret_environment}
        for item in self.inputs:
            found.update(secrets_in(item.value))
        return tuple(sorted(found))


Node = Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Nodes in an order in which they can run."""

    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of the pipeline.

    ``default`` is JSON text of the plain value, None where a run must give one. ``bound`` is set
    for a parameter that was fixed at compile time, and ``why`` then says what made it so. Of a
    ``secret`` it is what people are shown in place of the value. ``filled`` is the time of the
    run that takes the place of null: scheduled_time, interval_start or interval_end.
    """

    name: str
    type: Type
    location: Location
    default: str | None = None
    bound: str | None = None
    why: str = ""
    secret: SecretRef | None = None
    filled: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When an engine starts runs by itself: at the times of ``cron``, a text of five fields that
    are meant in ``timezone``, or every ``interval`` seconds.

    ``start`` and ``end`` are the first and the last time that may have a run, in ISO 8601 and UTC.
    """

    cron: str = ""
    interval: int = 0
    start: str = ""
    end: str = ""
    catchup: bool = False
    timezone: str = "UTC"

    def __str__(self) -> str:
        words = [f"'{self.cron}'" if self.cron else f"every {self.interval} s"]
        words += [f"in {self.timezone}"] if self.timezone != "UTC" else []
        words += [f"from {self.start}"] if self.start else []
        words += [f"until {self.end}"] if self.end else []
        words += ["with catchup"] if self.catchup else []
        return " ".join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """Data files: a glob pattern, relative to the folder of a pipeline's file."""

    file: str
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A traced pipeline.

    ``include`` names data files; ``notes`` are for the author. ``hooks`` are those of the run
    itself. ``timeout`` is in seconds, from the first step's start. ``max_active_runs`` and
    ``max_parallel_steps`` are 0 where nobody set a limit. ``run_name`` is a template, for
    which ``substitutions`` are names with JSON texts. ``unlisted`` is a step that was called on
    its own: its runs are kept out of the list of runs.
    """

    name: str
    location: Location
    doc: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Block = Block()
    include: tuple[Include, ...] = ()
    hooks: tuple[Hook, ...] = ()
    execution_mode: str = "continue_on_failure"
    schedule: Schedule | None = None
    max_active_runs: int = 0
    max_parallel_steps: int = 0
    timeout: float | None = None
    run_name: str = ""
    substitutions: tuple[tuple[str, str], ...] = ()
    unlisted: bool = False
    stack: Stack = Stack()
    notes: tuple[str, ...] = ()

    @property
    def runtime_parameters(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.bound is None)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in an order in which they can run."""
        return self.body.nodes

    @property
    def secrets(self) -> tuple[SecretRef, ...]:
        """Every secret that a step is given, sorted."""
        return tuple(sorted({ref for step in self.steps for ref in step.secrets}))
