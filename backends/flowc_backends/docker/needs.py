"""Which objects of a store one step will look for: known before its container exists."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flowc_backends.docker.results import latest_result, step_keys
from flowc_runtime import contract, keys
from flowc_runtime.stores import MissingError, open_contents
from flowc_runtime.versions import select

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.registry import RunOptions
    from flowc_runtime.contract import ArtifactRecord, ResultRecord, StepSpec
    from flowc_runtime.stores import Store
    from flowc_runtime.versions import Environment


def needed_objects(
    store: Store, options: RunOptions, spec: StepSpec, environment: Environment | None
) -> Iterator[tuple[str, str]]:
    """Keys, and paths on this machine: the run's record, the step's own records, upstream
    results with the contents that are inputs, and the cache entry with its contents.

    Without the ``environment`` of the step's image nobody knows which entry that is.
    """
    known = [contract.run_key(options.run), *step_keys(store, options.run, spec["id"])]
    upstream: dict[str, ResultRecord] = {}
    for above in spec["upstream"]:
        generation, result = latest_result(store, options.run, above)
        known.append(contract.result_key(options.run, above, generation))
        if result is not None:
            upstream[above] = result
    inputs = _inputs(options, spec, upstream)
    artifacts = [found for value in inputs.values() for found in keys.artifacts(value)]
    if environment is not None:
        versions = select(spec, environment)
        entry = contract.action_key(keys.cache_key(spec, inputs, versions)[0])
        artifacts += _entry_outputs(store, entry)
        known.append(entry)
    for key in known:
        if store.exists(key):
            yield key, store.local_path(key)
    for digest in dict.fromkeys(artifact["digest"] for artifact in artifacts):
        with suppress(MissingError):
            yield contract.cas_key(digest), open_contents(store, digest)


def _inputs(
    options: RunOptions, spec: StepSpec, upstream: Mapping[str, ResultRecord]
) -> dict[str, Any]:
    names = keys.referenced_parameters(spec)
    declared = options.spec["parameters"]
    try:
        parameters = keys.read_parameters(declared, options.parameters, names)
        return keys.resolve_inputs(spec, parameters, upstream)
    except keys.RequestError:
        return {}  # the runtime inside says what is wrong, and records it


def _entry_outputs(store: Store, entry: str) -> list[ArtifactRecord]:
    try:
        document: dict[str, Any] = json.loads(store.get(entry))
        return list(document["outputs"].values())
    except (MissingError, ValueError, KeyError):
        return []
