"""Looking at runs from Python, outside of a pipeline or inside a step.

>>> from flowc.client import Client
>>> client = Client("file:.flowc")
>>> client.run("latest")["status"]              # doctest: +SKIP
'completed'

Everything is read from the store. Works under ``python -I -S``: it ships inside the bundle.
"""

from __future__ import annotations

import os

from flowc.errors import AuthorError, BackendError, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    # Named twice to be exported: they are only types, so __all__ cannot list them.
    from flowc.client.document import RunDocument as RunDocument
    from flowc.client.document import RunSummary as RunSummary
    from flowc.client.document import StepDocument as StepDocument
    from flowc.client.explain import PlanDocument as PlanDocument
    from flowc.client.explain import StepPlan as StepPlan
    from flowc.client.records import RunRecords, StepRecords
    from flowc.stack import Stack
    from flowc_runtime.stores import Store

__all__ = ["Client"]


class Client:
    """A view of one store. Without a URI: ``FLOWC_STORE``, else the project's own store."""

    def __init__(self, store: str | None = None) -> None:
        self.uri = store or os.environ.get("FLOWC_STORE") or _default_store()
        self._opened: Store | None = None

    @property
    def active_stack(self) -> Stack:
        """Inside of a step its run's stack, else the one that is active in the project."""
        from flowc.stack import active_stack

        return active_stack()

    def runs(
        self, pipeline: str | None = None, limit: int | None = 20, *, unlisted: bool = False
    ) -> list[RunSummary]:
        """The newest runs, newest first; all of them with ``limit=None``.

        With ``unlisted`` also those of steps that were called on their own, by the step's name.
        """
        from flowc.client import find
        from flowc.client.document import run_summary

        with _store_errors():
            ids = find.list_run_ids(self._store, pipeline, unlisted=unlisted)
            if pipeline and not ids:
                self._check_pipeline(pipeline, unlisted=unlisted)
            wanted = ids if limit is None else ids[:limit]
            return [run_summary(document) for document in self._documents(wanted)]

    def run(self, run: str) -> RunDocument:
        """A run by its id, its name, the beginning of either, or ``latest``.

        Raises AuthorError when no run, or more than one, is meant.
        """
        from flowc.client import document, explain

        records = self._records(run)
        found = document.run_document(records, _now())
        with _store_errors():
            explain.explain_run(self._store, records, found)
        return found

    def cancel(self, run: str, *, wait: bool = False) -> RunDocument:
        """End a run, wherever its steps run: they notice it within seconds.

        ``wait`` until the last one has ended. Raises AuthorError when the run has ended already.
        """
        from flowc.client.cancelling import cancel_run

        records = self._records(run)
        with _store_errors():
            cancel_run(self._store, records, _now())
        document = self.run(records.run.get("run", run))
        while wait and document["status"] == "running":
            _sleep()
            document = self.run(document["run_id"])
        return document

    def logs(self, run: str, step: str | None = None) -> dict[str, str]:
        """What steps wrote, by invocation id in the pipeline's order, without silent steps."""
        records = self._records(run)
        steps = [_find_step(records, step)] if step else list(records.steps.values())
        with _store_errors():
            return {found.id: self._log(records, found) for found in steps if found.has_log}

    def artifact(self, run: str, step: str, output: str | None = None) -> Any:
        """The value of a stored output, loaded. ``output`` may be left out when there is one.

        Loading can run code that whoever wrote to the store put there.
        """
        from flowc_runtime import materializers, stores
        from flowc_runtime.materializers.leaves import LoadError

        records = self._records(run)
        found = _find_step(records, step)
        outputs = (found.result or {}).get("outputs") or {}
        if not outputs:
            raise AuthorError(f"the step '{step}' of run '{run}' has no stored output")
        if output is None and len(outputs) > 1:
            raise AuthorError(
                f"the step '{step}' has {len(outputs)} outputs: name one of {', '.join(outputs)}"
            )
        name = next(iter(outputs)) if output is None else output
        if name not in outputs:
            hint = did_you_mean(name, list(outputs))
            raise AuthorError(f"the step '{step}' has no output '{name}'", hint=hint)
        try:
            with _store_errors():
                path = stores.open_contents(self._store, outputs[name]["digest"])
            return materializers.load(outputs[name]["materializer"], path)
        except LoadError as error:
            raise BackendError(f"{run}, {step}, output '{name}': {error}") from error
        finally:
            self._store.close()  # takes away what was downloaded

    @property
    def _store(self) -> Store:
        from flowc_runtime import stores

        if self._opened is None:
            self._opened = stores.open_store(self.uri)
        return self._opened

    def _records(self, run: str) -> RunRecords:
        from flowc.client import find, records

        with _store_errors():
            return records.read_records(self._store, find.find_run(self._store, run))

    def _documents(self, ids: list[str]) -> Iterator[RunDocument]:
        from flowc.client import document, records
        from flowc_runtime.stores import StoreError

        for id_ in ids:
            try:
                record = records.read_run_record(self._store, id_)
                read = records.read_records(self._store, record) if record is not None else None
            except (BackendError, StoreError) as error:
                yield document.damaged_run(id_, str(error))
            else:
                if read is not None:
                    yield document.run_document(read, _now())

    def _log(self, records: RunRecords, step: StepRecords) -> str:
        from flowc_runtime import contract

        key = contract.log_key(records.run.get("run", ""), step.id, step.generation)
        return self._store.get(key).decode("utf-8", "replace")

    def _check_pipeline(self, pipeline: str, *, unlisted: bool) -> None:
        from flowc.client import find

        known = find.list_pipelines(self._store, unlisted=unlisted)
        if known and pipeline not in known:
            hint = did_you_mean(pipeline, known)
            raise AuthorError(f"no run of a pipeline '{pipeline}'", hint=hint)


class _store_errors:  # noqa: N801 - a context manager; contextlib costs 4 ms at import
    """Turns what a store raises into our own error, whose text is complete."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from flowc_runtime import stores

        if isinstance(error, stores.StoreError):
            raise BackendError(str(error)) from None
        if isinstance(error, OSError):
            raise BackendError(f"the store cannot be read: {error}") from None


def _find_step(records: RunRecords, step: str) -> StepRecords:
    if step not in records.steps:
        run = records.run.get("run", "")
        hint = did_you_mean(step, list(records.steps))
        raise AuthorError(f"the run '{run}' has no step '{step}'", hint=hint)
    return records.steps[step]


def _default_store() -> str:
    from flowc.authoring import port

    try:
        driver = port.driver()
    except ImportError:  # inside a bundle, which always has FLOWC_STORE
        raise AuthorError("no store is named", hint="set FLOWC_STORE, or pass store=") from None
    store: str = driver.default_store()
    return store


def _now() -> float:
    import time

    return time.time()


def _sleep() -> None:
    import time

    time.sleep(0.5)
