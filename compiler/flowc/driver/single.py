"""A step called on its own: an unlisted run of this one step on this machine, and its values.

Arguments are any Python values. What has no exact JSON form, or a long one, is stored first, by
the materializer of its type; so it counts by its contents like the output of another step.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.handles import author_location
from flowc.client import Client
from flowc.driver.front import complete
from flowc.driver.references import references
from flowc.driver.run import PlainReporter, run_here
from flowc.driver.stacks import stacks_of
from flowc.driver.store import default_store
from flowc.errors import AuthorError, BackendError, RunFailed
from flowc.trace.pipeline import trace_step
from flowc_runtime import contract, exceptions, materializers, values
from flowc_runtime.materializers.leaves import Collector, SaveError
from flowc_runtime.stores import StoreError, digest_file, open_store, remove_file
from flowc_runtime.values import objects

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from flowc.authoring.step import Step
    from flowc.client.document import StepDocument
    from flowc.driver.front import Front
    from flowc_runtime.stores import Store

INLINE_LIMIT = contract.ARGUMENT_LIMIT
"""Longest JSON text of an argument that is kept in the run's specification."""


def run_step(step: Step, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The value of the step's output, a tuple of several, None for none.

    Raises AuthorError before anything runs, RunFailed when the step failed; its cause is then the
    author's exception, as far as that can be made again.
    """
    if kwargs.get("after") is not None:
        raise AuthorError(
            f"{step.title} is called on its own, so there is nothing that it could run after",
            where=author_location(),
        )
    front = _prepare(step, args, kwargs)
    options = run_here(front, _Reporter())
    client = Client(options.store)
    (called,) = client.run(options.run)["steps"]
    with _script_as_module():
        if called["status"] not in ("completed", "cached"):
            raise _failure(step, options.run, called) from _cause(called)
        names = [output["name"] for output in front.spec["steps"][0]["outputs"]]
        found = tuple(client.artifact(options.run, called["id"], name) for name in names)
    if len(found) > 1:
        return found
    return found[0] if found else None


def _prepare(step: Step, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Front:
    stack = stacks_of(step).choose()
    try:
        store = open_store(default_store(stack.store))
        try:
            traced = trace_step(step, args, kwargs, _Keeper(store), stack)
        finally:
            store.close()
    except StoreError as error:
        raise BackendError(str(error)) from error
    return complete(traced, step.entrypoint.__code__.co_filename)


class _Keeper:
    """Writes short plain values into the specification, and puts all others into the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, value: Any, *, title: str, name: str, where: str) -> ir.Value:
        text = _json_text(value)
        if 0 < len(text) <= INLINE_LIMIT:
            return ir.Constant(json=text)
        path = self._store.stage()
        try:
            saved = materializers.save(value, path)
            digest, size = digest_file(path)
            self._store.adopt(path, digest)
        except SaveError as error:
            raise AuthorError(f"{title}: input '{name}': {error}", where=where) from error
        finally:
            remove_file(path)
        return ir.Artifact(
            digest=digest,
            type=saved.type,
            uri=contract.cas_key(digest),
            size=size,
            materializer=saved.materializer,
            refers=references(value),
        )


def _json_text(value: Any) -> str:
    """Empty for a value without an exact JSON form, and for files: what they hold counts."""
    if isinstance(value, Path) and not value.exists():
        return json.dumps(values.encode(value))
    collector = Collector()
    try:
        encoded = collector.encode(value)
    except values.NotEncodable:
        return ""
    return "" if collector.blobs else json.dumps(encoded)


def _failure(step: Step, run: str, called: StepDocument) -> RunFailed:
    error = called["error"] or {}
    kind, message = error.get("type", ""), error.get("message", "") or called["reason"]
    why = f"{kind}: {message}" if error.get("kind") == "exception" else message
    return RunFailed(
        f"{step.title} {called['status']}" + (f": {why}" if why else ""),
        run=run,
        traceback=error.get("traceback", ""),
        hint=f"flowc runs show {run}",
    )


def _cause(called: StepDocument) -> BaseException | None:
    error = called["error"]
    return exceptions.rebuild(error) if error else None


@contextmanager
def _script_as_module() -> Generator[None]:
    """A class of the script that runs is stored under its module's name: that means this one.

    Without it, reading such a value would execute the script a second time.
    """
    name = objects.main_name()
    if name is None or name in sys.modules:
        yield
        return
    sys.modules[name] = sys.modules["__main__"]
    try:
        yield
    finally:
        del sys.modules[name]


class _Reporter(PlainReporter):
    """What the step writes, and how it ended."""

    def run_started(self, run: str, steps: list[str]) -> None:
        self._run = run
        del steps

    def step_started(self, step: str) -> None: ...

    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None:
        told = f"{self._run}, {detail}" if detail else self._run
        super().step_finished(step, status, seconds, told)
