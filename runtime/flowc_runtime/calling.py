"""A hook's call, in its child: the function found, its arguments filled in by name and annotation.

==================  ===================================================================
``step_name``       the invocation's id
``exception``       why the step failed, None when it did not; also any argument annotated
                    with an exception
``step_output``     the value of the step's output; a dict by name when it has several, None
                    when it has none
``context``         the step context; also any argument annotated with ``StepContext``
==================  ===================================================================

Arguments with a default are left alone when nothing fits.
"""

from __future__ import annotations

import sys
from _collections_abc import Mapping

from flowc_runtime import context, contract, errors
from flowc_runtime.arguments import ARGUMENTS, fact_of
from flowc_runtime.loading import is_plain, load, load_artifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from flowc_runtime.child import Job, Report
    from flowc_runtime.contract import ArtifactRecord, ErrorDocument, TypeSpec
    from flowc_runtime.keys import Resolved
    from flowc_runtime.stores import Store

    # Name, annotation, whether it must be given, whether by position alone.
    Argument = tuple[str, object, bool, bool]

VARIABLE = 0x04 | 0x08  # *args, **kwargs; inspect names them, and costs 19 ms


def call(job: Job) -> Report:
    """Call the job's hook; the author's modules can be imported already."""
    function = find_function(job.hook["module"], job.hook["qualname"])
    facts = Facts(job)
    entered = facts.context
    if entered is not None:
        context.enter(entered)
    try:
        positional, named = _fill_in(function, facts)
        context.enter_hook()
        function(*positional, **named)
    except SystemExit as error:
        return {"error": exit_called(error, "the hook")}
    finally:
        if entered is not None:
            context.leave()
    return {}


def find_function(module: str, qualname: str) -> Callable[..., Any]:
    __import__(module)
    found: Any = sys.modules[module]
    for part in qualname.split("."):
        found = getattr(found, part)
    function: Callable[..., Any] = getattr(found, "entrypoint", found)
    return function


class Facts:
    """What a hook may ask for; read from the store only when it does."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._contents = Contents(job.hook["store"])
        self.known = ARGUMENTS.get(job.hook["event"], ())
        self.context = _make_context(job, self._contents) if "context" in self.known else None

    def get(self, name: str) -> object:
        if name == "step_name":
            return self._job.step["id"]
        if name == "context":
            return self.context
        if name == "exception":
            return self._exception()
        return self._step_output()

    def _exception(self) -> BaseException | None:
        from flowc_runtime import exceptions

        document = self._job.hook["error"]
        return exceptions.rebuild(document, self._job.hook["exception"]) if document else None

    def _step_output(self) -> object:
        outputs: Mapping[str, Any] = self.context.outputs if self.context else {}
        if len(outputs) == 1:
            return next(iter(outputs.values()))
        return dict(outputs) or None


class Contents:
    """Local files of contents in the store, which is opened when the first one is wanted."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._store: Store | None = None

    def __getitem__(self, digest: str) -> str:
        if self._store is None:
            from flowc_runtime.stores import open_store

            self._store = open_store(self._uri)
        return self._store.local_path(contract.cas_key(digest))


class Inputs(Mapping[str, "Any"]):
    """A step's arguments, loaded when they are asked for."""

    def __init__(
        self, resolved: Mapping[str, Resolved], types: Mapping[str, TypeSpec], contents: Contents
    ) -> None:
        self._resolved = resolved
        self._types = types
        self._contents = contents
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            resolved = self._resolved[name]
            self._loaded[name] = load(resolved, self._types.get(name), self._contents)
        return self._loaded[name]

    def __repr__(self) -> str:
        return repr(dict(self))

    def __iter__(self) -> Iterator[str]:
        return iter(self._resolved)

    def __len__(self) -> int:
        return len(self._resolved)


class Outputs(Mapping[str, "Any"]):
    """What a step returned, by the outputs' names, loaded when it is asked for."""

    def __init__(
        self,
        artifacts: Mapping[str, ArtifactRecord],
        types: Mapping[str, TypeSpec],
        contents: Contents,
    ) -> None:
        self._artifacts = artifacts
        self._types = types
        self._contents = contents
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            artifact = self._artifacts[name]
            self._loaded[name] = load_artifact(artifact, self._types.get(name), self._contents)
        return self._loaded[name]

    def __repr__(self) -> str:
        return repr(dict(self))

    def __iter__(self) -> Iterator[str]:
        return iter(self._artifacts)

    def __len__(self) -> int:
        return len(self._artifacts)


def _make_context(job: Job, contents: Contents) -> context.StepContext:
    from flowc_runtime.child import make_context

    inputs = Inputs(job.inputs, job.step["types"], contents)
    made = make_context(job, _parameters(job, inputs))
    made.step_run.status = job.hook["status"]
    made.inputs = inputs
    types = {spec["name"]: spec["type"] for spec in job.step["outputs"]}
    made.outputs = Outputs(job.hook["outputs"], types, contents)
    return made


def _parameters(job: Job, inputs: Inputs) -> dict[str, Any]:
    """Without those that cannot be read: that may be just why the step failed."""
    found: dict[str, Any] = {}
    for name, resolved in job.inputs.items():
        if is_plain(resolved):
            try:
                found[name] = inputs[name]
            except Exception as error:  # noqa: BLE001 - any of the author's types may be in it
                print(f"flowc: parameter '{name}' cannot be read: {error}", file=sys.stderr)
    return found


def _fill_in(function: Callable[..., Any], facts: Facts) -> tuple[list[object], dict[str, object]]:
    """Raises TypeError for an argument that has no meaning at this moment."""
    positional: list[object] = []
    named: dict[str, object] = {}
    skipped = False
    for name, annotation, needed, by_position in _arguments(function):
        fact = name if name in facts.known else fact_of(annotation, facts.known, function)
        if not fact or (skipped and by_position):
            if needed:
                known = ", ".join(facts.known) or "nothing"
                raise TypeError(
                    f"the hook's argument '{name}' has no meaning here; known: {known}"
                )
            skipped = True
        elif by_position:
            positional.append(facts.get(fact))
        else:
            named[name] = facts.get(fact)
    return positional, named


def _arguments(function: Callable[..., Any]) -> list[Argument]:
    code: Any = getattr(function, "__code__", None)
    passes_on = code is not None and code.co_flags & VARIABLE and hasattr(function, "__wrapped__")
    if code is None or passes_on or hasattr(function, "__self__"):
        return _inspected(function)
    plain: Any = function
    count = code.co_argcount + code.co_kwonlyargcount
    defaults = code.co_argcount - len(plain.__defaults__ or ())
    optional = {*code.co_varnames[defaults : code.co_argcount], *(plain.__kwdefaults__ or ())}
    return [
        (name, plain.__annotations__.get(name), name not in optional, n < code.co_posonlyargcount)
        for n, name in enumerate(code.co_varnames[:count])
    ]


def _inspected(function: Callable[..., Any]) -> list[Argument]:
    """Of what is no plain function: decorated, bound, an instance that can be called."""
    import inspect

    found: list[Argument] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            continue
        needed = parameter.default is parameter.empty
        by_position = parameter.kind is parameter.POSITIONAL_ONLY
        found.append((name, parameter.annotation, needed, by_position))
    return found


def exit_called(error: SystemExit, who: str) -> ErrorDocument:
    """The document of what called sys.exit and is no step."""
    document = errors.describe(error)
    message = document.get("message", "")
    document["message"] = message.replace("the step called", f"{who} called", 1)
    return document
