"""One attempt, in a process of its own: the author's function between its inputs and outputs.

The child reads local files, writes staged files and reports in one JSON document over a pipe; only
its parent touches the store's records. Whatever the author's code does to this process, the parent
still has something to say.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys

from flowc_runtime import context, contract, errors, materializers
from flowc_runtime.errors import StepError
from flowc_runtime.leaving import flush_streams, heeded, wind_down
from flowc_runtime.loading import is_plain, load_inputs
from flowc_runtime.stores import digest_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn

    from flowc_runtime.contract import (
        Json,
        OutputSpec,
        StackSpec,
        StepSpec,
    )
    from flowc_runtime.keys import Resolved

    Report = dict[str, Any]


class Place:
    """Where a step's code runs: how its modules are found and what its environment adds.

    ``roots`` are folders for ``sys.path``. A variable that is None in ``environment`` is taken
    away. ``stand_in`` says whether third-party modules that are missing here get placeholders,
    because the image was made for this step alone. ``fresh`` asks for a new interpreter instead
    of a fork. ``stack`` is the run's, where it has one. ``places`` is the specification's, for
    modules out of a bundle; None where they are the author's files.
    """

    __slots__ = ("environment", "fresh", "places", "roots", "stack", "stand_in")

    def __init__(
        self,
        roots: Sequence[str],
        environment: Mapping[str, str | None],
        *,
        stand_in: bool = False,
        fresh: bool = False,
        stack: StackSpec | None = None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        self.roots = roots
        self.environment = environment
        self.stand_in = stand_in
        self.fresh = fresh
        self.stack = stack
        self.places = places


class Job:
    """What a child needs to know.

    ``paths`` are local files of the inputs' contents by digest, ``staged`` a path for each output.
    ``hook`` is None, or what `hooks` says of a hook to call instead of the step's function.
    """

    __slots__ = (
        "attempt", "hook", "inputs", "paths", "pipeline", "place", "run", "run_name", "staged",
        "step",
    )  # fmt: skip

    def __init__(
        self,
        step: StepSpec,
        inputs: Mapping[str, Resolved],
        paths: Mapping[str, str],
        staged: list[str],
        place: Place,
    ) -> None:
        self.step = step
        self.inputs = inputs
        self.paths = paths
        self.staged = staged
        self.place = place
        self.attempt = 1
        self.hook: Json = None
        self.pipeline = self.run = self.run_name = ""

    def to_json(self) -> Json:
        document: Json = {name: getattr(self, name) for name in self.__slots__}
        document["place"] = {name: getattr(self.place, name) for name in Place.__slots__}
        return document

    @classmethod
    def from_json(cls, document: Json) -> Job:
        job = cls.__new__(cls)
        for name in cls.__slots__:
            setattr(job, name, document[name])
        job.place = Place(**document["place"])
        return job


def prepare(output: int) -> None:
    """What a child needs first and many can share: a parent of many does it once for them all.

    ``output`` is a pipe, as the children's own will be: what Python's streams know of a file they
    find out when they are opened. The signals that end a run are to be blocked; `run` lets them
    in.
    """
    # What is inherited stays shared memory until somebody writes to it, as the collector would.
    gc.freeze()
    for number in heeded():
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    _write_to(output)
    # New objects: the parent's may hold text that it has not written yet.
    sys.stdin = _open_text(0, "r")
    sys.stdout = sys.__stdout__ = _open_text(1, "w")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _open_text(2, "w")  # type: ignore[misc]
    atexit = sys.modules.get("atexit")
    if atexit is not None:
        atexit._clear()  # noqa: SLF001 - the parent's functions are not the step's
        logging = sys.modules.get("logging")
        if logging is not None:  # its own is what writes a handler's last records
            atexit.register(logging.shutdown)


def run(job: Callable[[], Job], report: int, output: int, *, prepared: bool = False) -> NoReturn:
    """In the child: run the step, write the report, end without returning."""
    status = errors.UNREPORTED
    try:
        pipe = os.fstat(report)
        if not prepared:
            prepare(output)
        os.setsid()
        _write_to(output)
        os.close(output)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        gc.enable()
        document = _guard(job())
        if _is_still(report, pipe):
            _write(report, json.dumps(document).encode())
            status = 0
        wind_down()
        # Nothing can follow: the parent goes on while the kernel takes this process down.
        os.closerange(1, 3)
        os.close(report)
    finally:
        os._exit(status)


def _is_still(file: int, known: os.stat_result) -> bool:
    """The author's code may have closed it, and opened a file of its own under its number."""
    try:
        return os.path.samestat(os.fstat(file), known)
    except OSError:
        return False


def _write_to(output: int) -> None:
    os.dup2(output, 1)
    os.dup2(output, 2)


def _open_text(file: int, mode: str) -> Any:
    # Any text that the author writes arrives; any bytes that are read can be shown.
    errors_ = "replace" if mode == "r" else "backslashreplace"
    return open(file, mode, 1, encoding="utf-8", errors=errors_, closefd=False)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _guard(job: Job) -> Report:
    report: Report
    context.enter_child()
    try:
        report = {"outputs": execute(job)} if job.hook is None else _call_hook(job)
        flush_streams()
    except BaseException as error:  # noqa: BLE001 - the outermost frame of the author's code
        from flowc_runtime import failures

        report = failures.report(error, job.step)
    metadata = context.take_metadata()
    if metadata:
        report["metadata"] = metadata
    return report


def _call_hook(job: Job) -> Report:
    from flowc_runtime import calling, keying

    _enter_place(job.place, job.step, hook=True)
    return keying.call(job) if job.hook["event"] == keying.EVENT else calling.call(job)


def execute(job: Job) -> list[dict[str, Any]]:
    """Load the inputs, call the function, save the outputs to the staged paths."""
    _enter_place(job.place, job.step)
    function = _find_function(job.step)
    arguments = load_inputs(job)
    parameters = {
        name: arguments[name] for name, resolved in job.inputs.items() if is_plain(resolved)
    }
    entered = make_context(job, parameters)
    entered.inputs = arguments
    context.enter(entered)
    try:
        returned = _call(function, arguments)
        results = _split(returned, job.step)
        del returned
        return [
            _save(value, spec, path, facts=job.step.get("artifact_metadata", True))
            for value, spec, path in zip(results, job.step["outputs"], job.staged, strict=True)
        ]
    finally:
        context.leave()


def _call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """By name, but for what the author's function takes by position alone."""
    plain: Any = function
    while hasattr(plain, "__wrapped__"):
        plain = plain.__wrapped__
    code = getattr(plain, "__code__", None)
    first = code.co_varnames[: code.co_posonlyargcount] if code is not None else ()
    positional = [arguments[name] for name in first if name in arguments]
    return function(
        *positional, **{name: value for name, value in arguments.items() if name not in first}
    )


def make_context(job: Job, parameters: dict[str, Any]) -> context.StepContext:
    return context.StepContext(
        context.PipelineContext(job.pipeline),
        context.PipelineRunContext(job.run, job.run_name),
        context.StepRunContext(job.step["id"], job.attempt, parameters),
    )


def _enter_place(place: Place, step: StepSpec, *, hook: bool = False) -> None:
    """Make the author's modules importable, and this process look the same on every target."""
    sys.argv[:] = [step["name"]]
    _set_variables(place.environment)
    if place.places is not None:
        errors.know_sources(place.roots, place.places)
    if "secret_environment" in step:
        _enter_secrets(step, strict=not hook)
    if place.stack is not None:
        _enter_stack(place.stack, step, warn=not hook)
    sys.path[0:0] = [root for root in place.roots if root not in sys.path]
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None and not place.fresh:
        # Unlike Python's own, its state would be the same in every fork of one parent.
        numpy_random.seed()
    if place.stand_in:
        from flowc_runtime import imports

        first_party = {name.partition(".")[0] for root in place.roots for name in os.listdir(root)}
        imports.install(step["id"], os.environ.get("FLOWC_IMAGE", ""), first_party)


def _set_variables(variables: Mapping[str, str | None]) -> None:
    # `os.environ.update` first asks the abstract classes what this mapping is.
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _enter_secrets(step: StepSpec, *, strict: bool) -> None:
    """Set the variables that are secrets; hooks do without those that are missing."""
    from flowc_runtime import secrets

    for name, spec in step.get("secret_environment", {}).items():
        try:
            os.environ[name] = secrets.read(spec)
        except secrets.MissingSecret as error:
            if strict:
                message = f"step '{step['id']}', environment variable {name}: {error}"
                raise StepError(errors.request(message)) from None


def _enter_stack(spec: StackSpec, step: StepSpec, *, warn: bool) -> None:
    """Let the step's code find the run's stack, and a tracker's library its server."""
    from flowc_runtime import stack

    stack.enter(spec, step)
    found, problems = stack.tracker_environment(spec, step, os.environ)
    _set_variables(found)
    for problem in problems if warn else ():
        print(f"flowc: {problem}", file=sys.stderr)


def _find_function(step: StepSpec) -> Callable[..., Any]:
    where = step["function"]
    module = sys.modules.get(where["module"])
    if module is None:
        __import__(where["module"])
        module = sys.modules[where["module"]]
    found: Any = module
    for part in where["qualname"].split("."):
        found = getattr(found, part)
    function: Callable[..., Any] = getattr(found, "entrypoint", found)
    return function


def _split(returned: Any, step: StepSpec) -> list[Any]:
    """One value for each declared output; what a step without outputs returns is dropped."""
    outputs = step["outputs"]
    if not outputs:
        return []
    if len(outputs) == 1:
        return [returned]
    kind = type(returned).__name__
    if not isinstance(returned, (tuple, list)):
        got = f"a value of type {kind}"
    else:
        found: list[Any] = list(returned)  # pyright: ignore[reportUnknownArgumentType]
        if len(found) == len(outputs):
            return found
        got = f"a {kind} of {len(found)}"
    names = ", ".join(spec["name"] for spec in outputs)
    raise StepError(
        {
            "kind": "output",
            "type": "output",
            "message": f"the step declares {len(outputs)} outputs ({names}) and returned {got}",
        }
    )


def _save(value: Any, spec: OutputSpec, path: str, *, facts: bool) -> dict[str, Any]:
    try:
        saved = materializers.save(value, path, spec)
        digest, size = digest_file(path)
    except Exception as error:
        named = isinstance(error, materializers.SaveError)
        context_ = "" if named else f"output '{spec['name']}'"
        raise StepError(errors.describe(error, "output", context_)) from error
    artifact = {
        "digest": digest,
        "type": saved.type,
        "uri": contract.cas_key(digest),
        "size": size,
        "materializer": saved.materializer,
    }
    metadata = materializers.facts_of(value) if facts else {}
    return {**artifact, "metadata": metadata} if metadata else artifact
