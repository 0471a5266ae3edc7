"""Tells what a run would do: which steps are in the cache, and why others are not.

Nothing is executed and nothing is written. The pipeline is traced as for a run, each key is
computed by the one function that does, and looked up in the store.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowc.client.explain import compare_with, explain_miss, list_causes
from flowc.client.history import History
from flowc.driver.front import bind_call, prepare
from flowc.driver.run import PlainReporter, run_options
from flowc.errors import AuthorError, BackendError, EngineUnavailable
from flowc.passes.features import check_features
from flowc.registry import ImageBackend, choose_series, find_backend, split_target
from flowc_runtime import cache, contract, keys, versions
from flowc_runtime.stores import StoreError, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from flowc.authoring.pipeline import Pipeline
    from flowc.client.differences import Kept
    from flowc.client.explain import PlanDocument, StepPlan
    from flowc.client.history import Earlier
    from flowc.driver.front import Front
    from flowc.registry import Backend, RunOptions
    from flowc_runtime.contract import InputSpec, ResultRecord, StepSpec
    from flowc_runtime.keys import Resolved
    from flowc_runtime.stores import Store
    from flowc_runtime.versions import Environment, Versions

    VersionsOf = Callable[[StepSpec], Versions | None]


def plan_pipeline(  # noqa: PLR0913 - what a run is asked, each by its name
    pipeline: Pipeline,
    *,
    target: str = "local",
    parameters: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    config: str = "",
    store: str | None = None,
    stack: str = "",
    parent_image: str = "",
) -> PlanDocument:
    """``parameters`` are texts as a person types them, ``given`` are Python values.

    ``config`` is a YAML file that takes the place of the pipeline's own.
    Raises AuthorError for what `run` would refuse.
    """
    asked = target
    target, _ = split_target(asked)
    backend = find_backend(target)
    choose_series(backend, asked)
    front = prepare(pipeline, typed=parameters, given=given, config=config, stack=stack)
    check_features(front.pipeline, target, backend.supports)
    options = replace(run_options(front, PlainReporter()), default_parent_image=parent_image)
    if store:
        options = replace(options, store=store)
    try:
        opened = open_store(options.store)
        planner = _Planner(front, opened, options.parameters, _versions(backend, front, options))
        steps = planner.plan()
        opened.close()
    except StoreError as error:
        raise BackendError(str(error)) from error
    return {
        "pipeline": front.pipeline.name,
        "target": target,
        "store": options.store,
        "parameters": {name: json.loads(text) for name, text in options.parameters.items()},
        "steps": steps,
    }


def plan_called_pipeline(
    pipeline: Pipeline, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> PlanDocument:
    """The plan of a call from Python."""
    return plan_pipeline(pipeline, given=bind_call(pipeline, args, kwargs))


def _versions(backend: Backend, front: Front, options: RunOptions) -> VersionsOf:
    """What a key takes of the environment that a step would run in; None where nobody knows."""
    if backend.name == "local":
        return versions.here
    known: Mapping[str, Environment | None] = {}
    if isinstance(backend, ImageBackend):
        with suppress(EngineUnavailable):
            known = backend.environments(front.pipeline, options)

    def look(step: StepSpec) -> Versions | None:
        environment = known.get(step["id"])
        if environment is None:
            return {} if versions.ignored(step) else None
        return versions.select(step, environment)

    return look


class _Planner:
    """Walks the steps in order; ``_results`` are what hits will bring."""

    def __init__(
        self, front: Front, store: Store, texts: Mapping[str, str], versions_of: VersionsOf
    ) -> None:
        self._spec = front.spec
        self._uncached = front.uncached
        self._store = store
        self._texts = texts
        self._versions_of = versions_of
        self._history = History(store, front.pipeline.name)
        self._results: dict[str, ResultRecord] = {}

    def plan(self) -> list[StepPlan]:
        return [self._plan_step(step) for step in self._spec["steps"]]

    def _plan_step(self, step: StepSpec) -> StepPlan:
        if not step["cache"]:
            return _plan(step, "miss", self._why_off(step))
        above = {name: self._executed(spec) for name, spec in step["inputs"].items()}
        unknown = [name for name, steps in above.items() if steps]
        installed = self._versions_of(step)
        key, ingredients = keys.cache_key(step, self._inputs(step, unknown), installed or {})
        kept: Kept = {"ingredients": ingredients, "code": keys.code_parts(self._spec, step)}
        counted = [steps for name, steps in above.items() if name not in keys.uncounted(step)]
        found: StepPlan = {**_plan(step, "unknown", ""), "depends_on": _distinct(counted)}
        waits_for = [f"the result of `{id_}`" for id_ in found["depends_on"]]
        if installed is None:
            waits_for.append("the versions in its image")
        if "key" in step.get("policy", {}):
            waits_for.append("what its key function returns")
        if not waits_for:
            return self._plan_known(step, key, kept)
        self._compare(step, "", kept, found, unknown)
        changes = list_causes(found["causes"])
        found["reason"] = f"depends on {' and '.join(waits_for)}"
        found["reason"] += f", and {changes}" if changes else ""
        return found

    def _plan_known(self, step: StepSpec, key: str, kept: Kept) -> StepPlan:
        lookup = cache.find_entry(self._store, step, key)
        if lookup.outputs is not None:
            self._results[step["id"]] = {"status": "cached", "outputs": lookup.outputs}
            return {**_plan(step, "hit", lookup.reason), "cache_key": key, "run": lookup.origin}
        found: StepPlan = {**_plan(step, "miss", lookup.reason), "cache_key": key}
        if lookup.reason == contract.NO_ENTRY:
            earlier = self._compare(step, key, kept, found)
            found["reason"] = explain_miss(earlier, key, found["causes"])
        return found

    def _compare(
        self, step: StepSpec, key: str, kept: Kept, found: StepPlan, unknown: Sequence[str] = ()
    ) -> Earlier | None:
        earlier = self._history.find(step["id"], step["name"], key)
        function = step["function"]["qualname"]
        found["causes"] = compare_with(earlier, kept, function, unknown)
        found["run"] = earlier.run if earlier is not None else None
        return earlier

    def _why_off(self, step: StepSpec) -> str:
        lookup = cache.find_entry(self._store, step, "")
        why = self._uncached.get(step["id"])
        return f"{lookup.reason}: {why}" if why else lookup.reason

    def _executed(self, spec: InputSpec) -> list[str]:
        """What an input needs from steps that will be executed."""
        return [id_ for id_ in keys.upstream_steps(spec) if id_ not in self._results]

    def _inputs(self, step: StepSpec, left_out: Collection[str]) -> dict[str, Resolved]:
        specs = {name: spec for name, spec in step["inputs"].items() if name not in left_out}
        known: StepSpec = {**step, "inputs": specs}
        try:
            names = keys.referenced_parameters(known)
            parameters = keys.read_parameters(self._spec["parameters"], self._texts, names)
            return keys.resolve_inputs(known, parameters, self._results)
        except keys.RequestError as error:
            raise AuthorError(str(error), where=step["source"]) from None


def _distinct(lists: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(item for found in lists for item in found))


def _plan(step: StepSpec, status: str, reason: str) -> StepPlan:
    return {
        "id": step["id"],
        "step": step["name"],
        "status": status,
        "cache_key": None,
        "reason": reason,
        "causes": [],
        "run": None,
        "depends_on": [],
    }
