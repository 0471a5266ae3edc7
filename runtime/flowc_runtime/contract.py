"""The wire between compiler and runtime: ``pipeline.json``, the records of a store, exit codes.

Everything here is plain JSON, so that any tool can read it. ``PROTOCOL`` is the version of this
wire alone; a bundle states it and the runtime refuses another one.

A bundle is a zip application::

    __main__.py                 starts flowc_runtime.entrypoint
    pipeline.json               a PipelineSpec
    flowc/ flowc_runtime/       the authoring API and the runtime
    src/<path>                  the author's first-party modules and included data files

Parameters cross every engine as JSON text. Contents are addressed by the lower-case hex sha256 of
their bytes.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` costs 14 ms at every container's start
if TYPE_CHECKING:
    from typing import Any, Literal, TypedDict

    from typing_extensions import NotRequired, Required

    Json = Any

    class TypeSpec(TypedDict, total=False):
        """A type annotation.

        ``list``, ``set``, ``frozenset``: args = (item); ``dict``: (key, value); ``tuple``: one arg
        for each position, or (item) with ``variadic``; ``union``: the alternatives; ``literal``:
        ``values`` (encoded by ``values.encode``); ``class``: ``name`` is ``module:Qualname``.
        """

        kind: Literal[
            "any", "none", "bool", "int", "float", "str", "bytes", "list", "dict", "tuple",
            "set", "frozenset", "union", "literal", "class",
        ]  # fmt: skip
        args: list[TypeSpec]
        variadic: bool
        values: list[Json]
        name: str

    class ParameterSpec(TypedDict, total=False):
        """A run-time parameter. ``default`` is plain JSON; without it a value is required.

        ``filled`` is the time of the run that takes the place of null: ``scheduled_time``,
        ``interval_start`` or ``interval_end``.
        """

        type: Required[TypeSpec]
        default: Json
        filled: str

    class ScheduleSpec(TypedDict, total=False):
        """When an engine starts runs: by ``cron`` in ``timezone``, or every ``interval`` seconds.

        ``start`` and ``end`` are the first and the last time that may have a run.
        """

        cron: str
        interval: int
        start: str
        end: str
        catchup: Required[bool]
        timezone: Required[str]

    # An input is exactly one of: {"step": id, "output": name} | {"parameter": name}
    # | {"value": encoded} | {"artifact": ArtifactRecord}, a value stored before the run
    # | {"secret": name, "key": part}, a SecretSpec
    # | {"list": [input]} | {"tuple": [input]} | {"dict": [[key, input]]},
    # where encoded and key are what `values.encode` returns.
    InputSpec = dict[str, Any]

    class FunctionSpec(TypedDict):
        """Where the step's function is found once its module is imported."""

        module: str
        qualname: str

    class OutputSpec(TypedDict):
        """One named output; ``materializer`` is ``module:Qualname``, or None for the built-in."""

        name: str
        type: TypeSpec
        materializer: str | None

    class RetrySpec(TypedDict):
        """Waits ``delay * backoff**k`` seconds, at most ``max_delay``, before retry k+1.

        k counts from 0. ``only_on`` are exception classes as ``module:Qualname``; empty means any.
        What is no exception of the author's (killed, timeout) is retried in any case.
        """

        max_retries: int
        delay: float
        backoff: float
        max_delay: NotRequired[float | None]
        only_on: NotRequired[list[str]]

    class HookSpec(TypedDict):
        """A function to call; ``source`` is its ``file:line``, or where its import path stands."""

        module: str
        qualname: str
        source: str

    class KeySpec(HookSpec):
        """A key function; ``takes`` are the inputs that it is called with."""

        takes: list[str]

    class PolicySpec(TypedDict, total=False):
        """Inputs that do not count, seconds after which an entry does not count any more, and the
        function whose value counts in place of the inputs that it takes.
        """

        ignore_inputs: list[str]
        expires: float
        key: KeySpec

    class ComponentUse(TypedDict):
        """A component of the stack that a step uses, with the step's settings for it."""

        name: str
        settings: dict[str, Json]

    class StackSpec(TypedDict):
        """The stack that a pipeline was compiled with.

        ``components`` are by kind and name, each with its ``flavor`` and its configuration as the
        author wrote it: ``${NAME}`` is filled in where it is used. ``active`` are the names of
        those that every step uses unless it chooses another, by kind.
        """

        name: str
        components: dict[str, dict[str, dict[str, Json]]]
        active: dict[str, str]

    class SecretSpec(TypedDict):
        """A secret by its name; ``key`` is empty where it has no parts."""

        secret: str
        key: str

    class StepSpec(TypedDict):
        """One invocation. ``hooks`` are by event, ``timeout`` is in seconds for each attempt.
        ``artifact_metadata``: whether facts about outputs are kept with them (left out: yes).
        ``inputs`` is in the order of the function's parameters.

        ``upstream`` names every invocation that must have completed first, by data or by order.
        ``ingredients`` are the parts of the cache key that are known at compile time (code digest,
        declared settings, ...), each under its own name. ``code`` is the position of the step's
        closure in the pipeline's table of code. ``components`` are by kind.
        ``secret_environment`` are variables that only the step's own process has.
        """

        id: str
        name: str
        function: FunctionSpec
        source: str
        doc: str
        inputs: dict[str, InputSpec]
        types: dict[str, TypeSpec]
        outputs: list[OutputSpec]
        upstream: list[str]
        cache: bool
        policy: NotRequired[PolicySpec]
        retry: RetrySpec
        hooks: NotRequired[dict[str, HookSpec]]
        timeout: NotRequired[float | None]
        components: NotRequired[dict[str, ComponentUse]]
        secret_environment: NotRequired[dict[str, SecretSpec]]
        artifact_metadata: NotRequired[bool]
        infrastructure_retries: NotRequired[int]
        ingredients: dict[str, Json]
        code: NotRequired[int]

    class CodeTable(TypedDict):
        """What code digests are made of, for explaining them.

        ``parts`` are ``[kind, name, place, digest]``, digests shortened. A closure is the set of
        parts that a digest covers: a hexadecimal number with one bit for each, the lowest first.
        """

        parts: list[list[str]]
        closures: list[str]

    class PipelineSpec(TypedDict):
        """The lowered specification of all steps, in an order in which they can run.

        ``roots`` are the folders inside the bundle that go on ``sys.path`` (``src``, ``src/lib``).
        ``places`` says of modules by their path below a root where they lie in the author's
        project, if their path there is another one: for tracebacks.
        ``execution_mode`` is continue_on_failure, fail_fast or stop_on_failure; ``timeout`` is in
        seconds for the whole run; ``hooks`` are ``on_init`` and ``on_cleanup``. ``code`` is read
        with `keys.code_parts`. ``run_name`` is the template of the run's name, ``substitutions``
        what it may hold beside parameters. ``unlisted`` keeps the runs out of the listing: a step
        was called on its own. ``secrets`` are all that its steps are given, to be kept out of
        logs and records. ``schedule`` is there when a parameter is filled with its times.
        """

        protocol: int
        flowc: str
        pipeline: str
        source: str
        doc: str
        parameters: dict[str, ParameterSpec]
        steps: list[StepSpec]
        code: NotRequired[CodeTable]
        roots: list[str]
        places: NotRequired[dict[str, str]]
        hooks: NotRequired[dict[str, HookSpec]]
        stack: NotRequired[StackSpec]
        execution_mode: NotRequired[str]
        timeout: NotRequired[float | None]
        run_name: NotRequired[str]
        substitutions: NotRequired[dict[str, Json]]
        unlisted: NotRequired[bool]
        secrets: NotRequired[list[SecretSpec]]
        schedule: NotRequired[ScheduleSpec]

    Status = Literal[
        "completed", "cached", "failed", "skipped", "cancelled", "lost", "running", "pending"
    ]

    class ErrorDocument(TypedDict, total=False):
        """Why an attempt failed.

        ``kind`` is ``exception`` (the author's), ``killed`` (by ``signal``), ``exited`` (with
        ``exit_code``), ``timeout``, ``input`` or ``output`` (an artifact could not be loaded or
        stored), ``lost`` (its process is gone) or ``request`` (the runtime was asked for something
        impossible). ``traceback`` holds the author's frames, not ours. ``args`` are an exception's
        arguments, encoded by ``values.encode``, where they say more than its message.
        """

        kind: str
        type: str
        message: str
        traceback: str
        signal: int
        exit_code: int
        args: Json

    class ArtifactRecord(TypedDict):
        """A stored output. ``uri`` is relative to the store: ``cas/<aa>/<digest>``.

        ``type`` is the Python type of the value, for people; ``size`` is in bytes;
        ``materializer`` is ``name@format-version`` and tells how to read the contents.
        ``metadata`` are facts about the value (`materializers.facts_of`), in no digest and no key.
        """

        digest: str
        type: str
        uri: str
        size: int
        materializer: str
        metadata: NotRequired[dict[str, Json]]

    class AttemptRecord(TypedDict, total=False):
        """Times are seconds since the epoch. No ``outcome`` and an old ``heartbeat``: lost.

        ``outcome`` is completed, failed, cancelled or lost. ``host`` and ``pid`` are the
        supervisor's. ``final`` says that no attempt follows a failed one. ``outputs`` of a
        completed one are what a result is made of when its process was lost before that.
        """

        attempt: Required[int]
        started: Required[float]
        heartbeat: Required[float]
        ended: float
        outcome: str
        error: ErrorDocument
        final: bool
        outputs: dict[str, ArtifactRecord]
        metadata: dict[str, Json]
        host: str
        pid: int

    class HookRecord(TypedDict, total=False):
        """One call of a hook, claimed before it. No ``outcome``: it runs, or its process is gone.

        ``hook`` is the event, ``function`` is ``module:Qualname``; ``outcome`` is completed or
        failed.
        """

        hook: str
        function: str
        claimed: float
        host: str
        pid: int
        ended: float
        outcome: str
        error: ErrorDocument

    class ResultRecord(TypedDict, total=False):
        """How an invocation ended. ``reason`` says why it was cached, missed or skipped.

        ``metadata`` is what the step logged about itself with `log_metadata`. A step that failed
        keeps its key's ``ingredients`` and the parts of its ``code``, for it gets no cache entry.
        """

        status: str
        outputs: dict[str, ArtifactRecord]
        cache_key: str
        attempts: int
        started: float
        ended: float
        error: ErrorDocument
        reason: str
        origin: str
        metadata: dict[str, Json]
        ingredients: dict[str, Json]
        code: list[list[str]]

    class StopRecord(TypedDict):
        """Why a run ends before its steps do; the module `stopping` says who writes it.

        ``reason`` is failure, timeout or cancelled; ``how`` is end or drain; ``step`` is the one
        that failed; ``message`` is for people; ``at`` is in seconds since the epoch.
        """

        reason: str
        how: str
        step: str
        message: str
        at: float

    class RunRecord(TypedDict, total=False):
        """Put by whoever comes first. ``engine_run`` is the engine's own name of the run.

        ``parameters`` are plain JSON; ``steps`` are the expected invocations with their upstream.
        ``unlisted``: a step was called on its own.
        """

        protocol: int
        run: str
        name: str
        pipeline: str
        target: str
        engine_run: str
        bundle: str
        created: float
        parameters: dict[str, Json]
        steps: list[dict[str, Json]]
        unlisted: bool


PROTOCOL = 1
"""Version of this wire; raised when a reader of the old one would go wrong."""

EXIT_COMPLETED = 0
EXIT_FAILED = 1
EXIT_REQUEST = 2
"""Exit status of the entrypoint: the step completed, it failed, or the request was wrong."""

ARGUMENT_LIMIT = 64 * 1024
"""Largest parameter in bytes of JSON text. Linux allows 128 KiB for one argument; engines less."""

HEARTBEAT = 5.0
"""Seconds between two heartbeats of a running attempt."""

STOPPING = 15.0
"""Seconds that a container takes at most once it is asked to end; engines allow about ten."""

LOST_AFTER = 30.0
"""Seconds without a heartbeat after which a running attempt is shown as lost."""

LISTED, UNLISTED = "names/pipelines/", "names/steps/"
"""Where runs of pipelines are listed, and runs of steps that were called on their own."""

NO_ENTRY = "no entry yet"
"""The reason of a result whose key was not in the cache; readers find out what had changed."""

NOT_CACHED = "caching is off for this step"
"""The reason of a result that was neither looked up nor kept."""

ENDINGS = {
    "failed": "failed",
    "skipped": "was skipped",
    "cancelled": "was cancelled",
    "lost": "was lost",
}
"""How a step is spoken of to those that are skipped because of it."""

SECRET_PREFIX = "FLOWC_SECRET_"  # noqa: S105 - a name
"""How the environment variables of secrets begin: what they hold is masked everywhere."""

SECRETS_DIR = "/var/run/secrets/flowc"
"""Where a secret ``name`` has the file ``name/key``, unless FLOWC_SECRETS_DIR names another."""

WHOLE_SECRET = "value"  # noqa: S105 - a name
"""What a secret without parts is called where secrets have them: files, Kubernetes."""

SEGMENT_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.[]")


def path_segment(name: str) -> str:
    """Percent-encode ``name`` so that it is one segment of a path on every file system."""
    encoded = "".join(
        char if char in SEGMENT_SAFE else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in name
    )
    return encoded.replace(".", "%2E") if encoded.strip(".") == "" else encoded


def secret_variable(name: str, key: str) -> str:
    """The environment variable that holds a secret: ``FLOWC_SECRET_<NAME>_<KEY>``."""
    words = f"{name}_{key}" if key else name
    plain = "".join(char if char.isalnum() else "_" for char in words)
    return SECRET_PREFIX + plain.upper()


def cas_key(digest: str) -> str:
    return f"cas/{digest[:2]}/{digest}"


def action_key(cache_key: str) -> str:
    return f"actions/{cache_key[:2]}/{cache_key}.json"


def run_key(run: str) -> str:
    return f"runs/{path_segment(run)}/run.json"


def stop_key(run: str) -> str:
    return f"runs/{path_segment(run)}/stop.json"


def step_prefix(run: str, step: str) -> str:
    return f"runs/{path_segment(run)}/steps/{path_segment(step)}/"


def generation_prefix(run: str, step: str, generation: int) -> str:
    return f"{step_prefix(run, step)}{generation}/"


def attempt_key(run: str, step: str, generation: int, attempt: int) -> str:
    return f"{generation_prefix(run, step, generation)}attempt-{attempt}.json"


def result_key(run: str, step: str, generation: int) -> str:
    return f"{generation_prefix(run, step, generation)}result.json"


def log_key(run: str, step: str, generation: int) -> str:
    return f"{generation_prefix(run, step, generation)}log.txt"


def hook_key(run: str, step: str, generation: int, event: str) -> str:
    return f"{generation_prefix(run, step, generation)}hook-{event}.json"


def run_hook_key(run: str, event: str) -> str:
    return f"runs/{path_segment(run)}/hook-{event}.json"


def run_log_key(run: str) -> str:
    """What the hooks of a run's end wrote."""
    return f"runs/{path_segment(run)}/log.txt"


def listing_key(pipeline: str, created: float, run: str, *, unlisted: bool = False) -> str:
    """Sorts by the time of creation, newest last; milliseconds since the epoch, 13 digits."""
    folder = UNLISTED if unlisted else LISTED
    return f"{folder}{path_segment(pipeline)}/{int(created * 1000):013d}-{path_segment(run)}"


def run_name_key(name: str) -> str:
    """Holds the id of the run that was given this name first."""
    return f"names/runs/{path_segment(name)}"


def run_id(pipeline: str, engine_run: str) -> str:
    """``<pipeline>-<8 hex of the engine's own run id>``."""
    from flowc_runtime.sha256 import sha256

    return f"{pipeline}-{sha256(engine_run.encode()).hexdigest()[:8]}"
