"""The IR's JSON form: versioned, and read back to equal nodes."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

from flowc.errors import AuthorError, InternalError
from flowc.ir import nodes
from flowc.narrowing import is_dict, is_list, is_sequence

VERSION = 1

_NODES = {
    cls.__name__: cls
    for cls in (
        nodes.Block,
        nodes.Constant,
        nodes.DockerSettings,
        nodes.Function,
        nodes.Input,
        nodes.Location,
        nodes.MappingOf,
        nodes.Output,
        nodes.OutputRef,
        nodes.Parameter,
        nodes.ParameterRef,
        nodes.Pipeline,
        nodes.Retry,
        nodes.SequenceOf,
        nodes.Step,
        nodes.Type,
    )
}


def to_json(pipeline: nodes.Pipeline) -> str:
    """Fields that hold their default are left out."""
    document = {"flowc_ir": VERSION, **_encode(pipeline)}
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


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
    if is_dataclass(value) and not isinstance(value, type):
        encoded: dict[str, Any] = {"node": type(value).__name__}
        for field in fields(value):
            held = getattr(value, field.name)
            if held != field.default:
                encoded[field.name] = _encode(held)
        return encoded
    if is_sequence(value):
        return [_encode(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise InternalError(f"the IR holds a {type(value).__name__}")


def _decode(value: Any) -> Any:
    if is_dict(value):
        cls = _NODES[value.pop("node")]
        return cls(**{name: _decode(item) for name, item in value.items()})
    if is_list(value):
        return tuple(_decode(item) for item in value)
    return value
