"""The IR's JSON form: versioned, and read back to equal nodes."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from flowc.errors import AuthorError, InternalError
from flowc.ir import nodes
from flowc.narrowing import is_dict, is_list, is_sequence

VERSION = 1

_NODES = {
    cls.__name__: cls
    for cls in (
        nodes.Artifact,
        nodes.Block,
        nodes.CachePolicy,
        nodes.Component,
        nodes.ComponentUse,
        nodes.Constant,
        nodes.DockerSettings,
        nodes.Function,
        nodes.Hook,
        nodes.Include,
        nodes.Input,
        nodes.KeyFunction,
        nodes.Location,
        nodes.MappingOf,
        nodes.Mount,
        nodes.Output,
        nodes.OutputRef,
        nodes.Parameter,
        nodes.ParameterRef,
        nodes.Pipeline,
        nodes.Placement,
        nodes.Resources,
        nodes.Retry,
        nodes.Schedule,
        nodes.SecretRef,
        nodes.SequenceOf,
        nodes.Stack,
        nodes.Step,
        nodes.Toleration,
        nodes.Type,
    )
}

_FIELDS = {
    name: [(field.name, field.default) for field in fields(cls)] for name, cls in _NODES.items()
}


def to_json(pipeline: nodes.Pipeline) -> str:
    """One line; fields that hold their default are left out."""
    document = {"flowc_ir": VERSION, **_encode(pipeline)}
    # `indent` would take json's slow encoder, written in Python
    return json.dumps(document, sort_keys=True) + "\n"


def from_json(text: str) -> nodes.Pipeline:
    """Raises AuthorError for a text that is no IR of this version."""
    try:
        document = json.loads(text)
        version = document.pop("flowc_ir", None)
        pipeline = _decode(document) if version == VERSION else None
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise AuthorError(f"this is no IR of a pipeline: {error}") from None
    if not isinstance(pipeline, nodes.Pipeline):
        raise AuthorError(
            f"this is IR of version {version!r}; this flowc reads version {VERSION}",
            hint="compile the pipeline again",
        )
    return pipeline


def _encode(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_sequence(value):
        return [_encode(item) for item in value]
    name = type(value).__name__
    if name not in _FIELDS:
        raise InternalError(f"the IR holds a {name}")
    encoded: dict[str, Any] = {"node": name}
    for field, default in _FIELDS[name]:
        held = getattr(value, field)
        # Most fields hold the default itself, and comparing nodes makes tuples of them.
        if held is not default and held != default:
            encoded[field] = held if type(held) is str else _encode(held)
    return encoded


def _decode(value: Any) -> Any:
    if is_dict(value):
        cls = _NODES[value.pop("node")]
        return cls(**{name: _decode(item) for name, item in value.items()})
    if is_list(value):
        return tuple(_decode(item) for item in value)
    return value
