"""A run of two steps, asked for as the driver asks for it, and records of such a run."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any, cast

from flowc.registry import Bundle, RunOptions
from flowc_runtime import contract

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.registry import Reporter
    from flowc_runtime.contract import ArtifactRecord, PipelineSpec, ResultRecord, StepSpec
    from flowc_runtime.stores import Store


def bundle() -> Bundle:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("pipeline.json", "{}")
    return Bundle(digest="d" * 64, data=buffer.getvalue())


def options(folder: Path) -> RunOptions:
    steps = [step_spec("a", {}, ["x"]), step_spec("b", {"v": {"step": "a", "output": "x"}}, ["y"])]
    spec: Any = {"flowc": "0.1.0", "pipeline": "work", "parameters": {}, "steps": steps}
    return RunOptions(
        run=contract.run_id("work", "e"),
        engine_run="e",
        run_name="my run",
        store=f"file://{folder}/store",
        parameters={},
        bundle=bundle(),
        spec=cast("PipelineSpec", spec),
        reporter=cast("Reporter", None),
    )


def step_spec(name: str, inputs: dict[str, Any], outputs: list[str]) -> StepSpec:
    spec: Any = {
        "id": name,
        "inputs": inputs,
        "types": {},
        "outputs": [
            {"name": one, "type": {"kind": "any"}, "materializer": None} for one in outputs
        ],
        "upstream": sorted({value["step"] for value in inputs.values()}),
        "ingredients": {"code": "c"},
    }
    return cast("StepSpec", spec)


def result(outputs: dict[str, ArtifactRecord]) -> ResultRecord:
    return {"status": "completed", "outputs": outputs}


def artifact(store: Store, data: bytes) -> ArtifactRecord:
    digest = hashlib.sha256(data).hexdigest()
    store.put(contract.cas_key(digest), data)
    return {
        "digest": digest,
        "type": "str",
        "uri": contract.cas_key(digest),
        "size": len(data),
        "materializer": "str@1",
    }


def put(store: Store, key: str, document: object) -> None:
    store.put(key, json.dumps(document).encode())
