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


def read_input(text: str) -> dict[str, Json]:
    """Raises UsageError when ``text`` is not what ``{{$}}`` stands for."""
    try:
        document: Json = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--executor-input is no JSON: {error}") from None
    if type(document) is not dict:
        raise UsageError("--executor-input is no JSON object")
    return _part({"": document}, "")


def parameter_texts(
    document: dict[str, Json], declared: Mapping[str, ParameterSpec]
) -> dict[str, str]:
    """JSON texts of the parameters. Kubeflow carries text parameters raw, all others as JSON text
    or as its own numbers, which are doubles.
    """
    given = _part(_part(document, "inputs"), "parameterValues")
    return {
        name: _text(given[name], spec["type"].get("kind", "any"))
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


def write_output(
    document: dict[str, Json], outputs: Mapping[str, ArtifactRecord], store: Store
) -> None:
    """Write the executor output, and a pointer where Kubeflow expects each artifact."""
    declared = _part(document, "outputs")
    listed: dict[str, Json] = {}
    theirs = _part(declared, "artifacts")
    for name, record in outputs.items():
        key = path_segment(name)
        artifacts: list[dict[str, Json]] = _part(theirs, key).get("artifacts") or []
        if artifacts:
            _write_pointer(artifacts[0], record, store)
            listed[key] = {"artifacts": [_describe(artifacts[0], record, store)]}
    if declared.get("outputFile"):
        _write(_local(declared["outputFile"]), {"parameterValues": {}, "artifacts": listed})


def _part(document: dict[str, Json], name: str) -> dict[str, Json]:
    """A part that Kubeflow leaves out, or null, when it is empty."""
    found: dict[str, Json] = document.get(name) or {}
    return found


def _describe(theirs: dict[str, Json], ours: ArtifactRecord, store: Store) -> dict[str, Json]:
    metadata: dict[str, Json] = {
        **_part(theirs, "metadata"),
        "flowc_store_uri": f"{store.uri}/{ours['uri']}",
        "flowc_digest": ours["digest"],
        "flowc_type": ours["type"],
        "flowc_size": ours["size"],
        "flowc_materializer": ours["materializer"],
    }
    return {"name": theirs.get("name", ""), "uri": theirs.get("uri", ""), "metadata": metadata}


def _write_pointer(theirs: dict[str, Json], ours: ArtifactRecord, store: Store) -> None:
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
