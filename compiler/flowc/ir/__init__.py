"""The intermediate representation of a pipeline."""

from __future__ import annotations

from flowc.ir.nodes import (
    ANY,
    Block,
    Constant,
    DockerSettings,
    Function,
    Hook,
    Input,
    Location,
    MappingOf,
    Node,
    Output,
    OutputRef,
    Parameter,
    ParameterRef,
    Pipeline,
    Retry,
    SequenceOf,
    Step,
    Type,
    Value,
)

__all__ = [
    "ANY",
    "Block",
    "Constant",
    "DockerSettings",
    "Function",
    "Hook",
    "Input",
    "Location",
    "MappingOf",
    "Node",
    "Output",
    "OutputRef",
    "Parameter",
    "ParameterRef",
    "Pipeline",
    "Retry",
    "SequenceOf",
    "Step",
    "Type",
    "Value",
]
