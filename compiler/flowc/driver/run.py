"""Runs a pipeline on this machine."""

from __future__ import annotations

import json
import sys
import time
import uuid
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from flowc.driver.front import Front, bind_call, prepare
from flowc.driver.loading import variables_before
from flowc.driver.store import default_store
from flowc.errors import AuthorError, BackendError, RunFailed
from flowc.passes.code import find_leftovers
from flowc.passes.features import check_features
from flowc.passes.specification import counted_objects
from flowc.registry import BuildOptions, MachineBackend, RunOptions, find_backend
from flowc.trace.naming import fill_in
from flowc_runtime import schedules
from flowc_runtime.contract import run_id
from flowc_runtime.naming import claim
from flowc_runtime.stores import StoreError, open_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowc.authoring.pipeline import Pipeline
    from flowc.client import RunDocument
    from flowc.registry import Reporter


def run_pipeline(  # noqa: PLR0913 - the options of a run, each by its name
    pipeline: Pipeline,
    *,
    target: str,
    parameters: Mapping[str, str],
    config: str = "",
    store: str | None = None,
    cache: bool = True,
    run_name: str = "",
    max_parallel: int = 0,
    stack: str = "",
    parent_image: str = "",
    build: BuildOptions | None = None,
    reporter: Reporter,
) -> str:
    """Run it and return the run's id; how it ended is read from the store.

    ``config`` is a YAML file that takes the place of the pipeline's own.
    Raises AuthorError before anything runs when the request is wrong.
    """
    backend = _machine(target)
    front = prepare(pipeline, typed=parameters, config=config, stack=stack)
    check_features(front.pipeline, target, backend.supports)
    options = replace(
        run_options(front, reporter),
        cache=cache,
        default_parent_image=parent_image,
        build=build or BuildOptions(),
    )
    if store:
        options = replace(options, store=store)
    if max_parallel:
        options = replace(options, max_parallel=max_parallel)
    _run(backend, front, _named(options, front, run_name))
    return options.run


def run_called_pipeline(
    pipeline: Pipeline, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> RunDocument:
    """A pipeline called like a function: runs on this machine and returns the run's document.

    Raises RunFailed when a step failed.
    """
    from flowc.client import Client

    front = prepare(pipeline, given=bind_call(pipeline, args, kwargs))
    options = run_here(front, PlainReporter())
    document = Client(options.store).run(options.run)
    if document["status"] != "completed":
        failed = [step["id"] for step in document["steps"] if step["status"] == "failed"]
        raise RunFailed(
            f"{pipeline.title} {document['status']}: {', '.join(failed) or 'no step failed'}",
            run=options.run,
            hint=f"flowc runs show {options.run}",
        )
    return document


def run_here(front: Front, reporter: Reporter) -> RunOptions:
    """Run what was prepared on this machine, as if it were called like a function."""
    backend = _machine("local")
    check_features(front.pipeline, backend.name, backend.supports)
    options = _named(run_options(front, reporter), front)
    _run(backend, front, options)
    return options


def _machine(target: str) -> MachineBackend:
    backend = find_backend(target)
    if backend.kind != "machine":
        raise AuthorError(
            f"the target '{target}' does not run on this machine",
            hint=f"flowc compile SOURCE --target {target}",
        )
    return cast("MachineBackend", backend)


def _run(backend: MachineBackend, front: Front, options: RunOptions) -> None:
    for note in front.notes:
        options.reporter.note(note)
    if backend.name == "local":
        options = replace(options, apart=_apart(front), variables_before=variables_before())
    backend.run(front.pipeline, options)


def _apart(front: Front) -> dict[str, str]:
    """The steps that this process has imported too much for, and why."""
    pipeline = front.pipeline
    used = {
        step.id: [
            step.function.module,
            *(hook.function.module for hook in step.hooks),
            *(name.partition(":")[0] for name in counted_objects(step)),
        ]
        for step in pipeline.steps
    }
    used[""] = [hook.function.module for hook in pipeline.hooks]
    roots = {module for modules in used.values() for module in modules}
    # flowc's own hooks and materializers see nothing of the author's modules.
    own = {root for root in roots if root.partition(".")[0] not in {"flowc", "flowc_runtime"}}
    found = find_leftovers(own, front.modules)
    whys = {id_: [found[it] for it in modules if it in found] for id_, modules in used.items()}
    return {id_: why[0] for id_, why in whys.items() if why}


def _named(options: RunOptions, front: Front, asked: str = "") -> RunOptions:
    """The run's name from the template that was asked for, or from its own; else its id."""
    template = asked or front.pipeline.run_name
    if not template:
        return options
    texts = {item.name: item.bound for item in front.pipeline.parameters if item.bound is not None}
    texts.update({**options.parameters, **dict(front.pipeline.substitutions)})
    fields = {name: json.loads(text) for name, text in texts.items()}
    name = fill_in(template, pipeline=front.pipeline.name, fields=fields, created=time.time())
    try:
        store = open_store(options.store)
        try:
            return replace(options, run_name=claim(store, name, options.run))
        finally:
            store.close()
    except StoreError as error:
        raise BackendError(str(error)) from error


def run_options(front: Front, reporter: Reporter) -> RunOptions:
    """Those of a run that nothing more was asked of."""
    engine_run = uuid.uuid4().hex
    run = run_id(front.pipeline.name, engine_run)
    return RunOptions(
        run=run,
        engine_run=engine_run,
        run_name=run,
        store=default_store(front.pipeline.stack.store),
        parameters=_complete(front),
        bundle=front.bundle,
        spec=front.spec,
        reporter=reporter,
        import_paths=front.import_paths,
    )


def _complete(front: Front) -> dict[str, str]:
    """Every run-time parameter's JSON text; what was given has become the default by now.

    A run that starts here was scheduled for now.
    """
    texts: dict[str, str] = {}
    for parameter in front.pipeline.runtime_parameters:
        if parameter.default is None:
            raise AuthorError(
                f"pipeline '{front.pipeline.name}' is not given its parameter '{parameter.name}'",
                where=str(parameter.location),
                hint=f"--param {parameter.name}=VALUE",
            )
        texts[parameter.name] = parameter.default
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    try:
        return schedules.fill(front.spec, texts, now)
    except schedules.BadScheduleError as error:
        where = str(front.pipeline.location)
        raise AuthorError(f"pipeline '{front.pipeline.name}': {error}", where=where) from None


class PlainReporter:
    """Plain lines on standard error, for a pipeline that is called from Python."""

    def run_started(self, run: str, steps: list[str]) -> None:
        self.note(f"run {run}: {len(steps)} steps")

    def step_started(self, step: str) -> None:
        self.note(f"step {step} started")

    def step_log(self, step: str, line: str) -> None:
        self.note(f"[{step}] {line}")

    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None:
        self.note(f"step {step} {status} in {seconds:.1f} s" + (f": {detail}" if detail else ""))

    def note(self, text: str) -> None:
        sys.stderr.write(f"{text}\n")
