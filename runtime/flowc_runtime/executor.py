"""Kubeflow's side of a step: parameters out of the executor input, the executor output after.

Our artifacts are no inputs of Kubeflow's, whose launcher would download them. Each output is all
the same declared to it: the launcher's URI is kept, and what is stored there is a pointer.
"""

from __future__ import annotations

import json
import os

from flowc_runtime.contract import path_segment
from flowc_runtime.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc_runtime.contract import ArtifactRecord, Json, ParameterSpec
    from flowc_runtime.stores import Store

ESCAPED = "flowc:json:"
"""A text that starts so is the JSON string that follows, which nothing on its way expands."""

MOUNTS = {"gs://": "/gcs/", "s3://": "/s3/", "minio://": "/minio/"}
"""Where the launcher keeps local copies of remote URIs."""


def read_input(text: str) -> Json:
    """Raises UsageError when ``text`` is not what ``{{$}}`` stands for."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--executor-input is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise UsageError("--executor-input is no JSON object")
    return document


def parameter_texts(document: Json, declared: Mapping[str, ParameterSpec]) -> dict[str, str]:
    """JSON texts of the parameters. Kubeflow carries text parameters raw, all others as JSON text
    or as its own numbers, which are doubles.
    """
    given = (document.get("inputs") or {}).get("parameterValues") or {}
    return {
        name: _text(given[name], spec["type"]["kind"])
        for name, spec in declared.items()
        if name in given
    }


def _text(value: Json, kind: str) -> str:
    if isinstance(value, str) and kind != "str":
        return value
    if isinstance(value, str) and value.startswith(ESCAPED):
        return value[len(ESCAPED) :]
    if isinstance(value, float) and value.is_integer() and kind == "int":
        return str(int(value))
    return json.dumps(value)


def write_output(document: Json, outputs: Mapping[str, ArtifactRecord], store: Store) -> None:
    """Write the executor output, and a pointer where Kubeflow expects each artifact."""
    declared = document.get("outputs") or {}
    listed: dict[str, Json] = {}
    theirs = declared.get("artifacts") or {}
    for name, record in outputs.items():
        key = path_segment(name)
        artifacts = theirs.get(key, {}).get("artifacts") or []
        if artifacts:
            _write_pointer(artifacts[0], record, store)
            listed[key] = {"artifacts": [_describe(artifacts[0], record, store)]}
    file = declared.get("outputFile")
    if file:
        _write(_local(file), {"parameterValues": {}, "artifacts": listed})


def _describe(theirs: Json, ours: ArtifactRecord, store: Store) -> Json:
    metadata = {
        **(theirs.get("metadata") or {}),
        "flowc_store_uri": f"{store.uri}/{ours['uri']}",
        "flowc_digest": ours["digest"],
        "flowc_type": ours["type"],
        "flowc_size": ours["size"],
        "flowc_materializer": ours["materializer"],
    }
    return {"name": theirs.get("name", ""), "uri": theirs.get("uri", ""), "metadata": metadata}


def _write_pointer(theirs: Json, ours: ArtifactRecord, store: Store) -> None:
    uri = theirs.get("uri") or ""
    if uri:
        pointer = {
            "store": store.uri,
            "uri": ours["uri"],
            "digest": ours["digest"],
            "type": ours["type"],
        }
        _write(_local(uri), pointer)


def _local(uri: str) -> str:
    for scheme, folder in MOUNTS.items():
        if uri.startswith(scheme):
            return folder + uri[len(scheme) :]
    return uri.removeprefix("file://")


def _write(path: str, document: Json) -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
