"""Lowers the IR to ``pipeline.json``, which the runtime reads."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from flowc import __version__, ir
from flowc.trace.tracer import type_spec
from flowc_runtime.contract import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc_runtime.contract import (
        HookSpec,
        InputSpec,
        OutputSpec,
        ParameterSpec,
        PipelineSpec,
        StepSpec,
    )


def lower_to_spec(
    pipeline: ir.Pipeline, included: Mapping[str, bytes], materializers: Mapping[str, str]
) -> PipelineSpec:
    """``included`` are the data files that travel with the code; every step may read them.

    ``materializers`` are the code digests of the author's own ones, by name.
    """
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(included.items())}
    return {
        "protocol": PROTOCOL,
        "flowc": __version__,
        "pipeline": pipeline.name,
        "source": str(pipeline.location),
        "doc": pipeline.doc,
        "parameters": {
            parameter.name: _parameter(parameter) for parameter in pipeline.runtime_parameters
        },
        "steps": [_step(step, digests, materializers) for step in pipeline.steps],
        "roots": ["src"],
        "hooks": _hooks(pipeline.hooks),
        "execution_mode": pipeline.execution_mode,
        "timeout": pipeline.timeout,
    }


def _parameter(parameter: ir.Parameter) -> ParameterSpec:
    spec: ParameterSpec = {"type": type_spec(parameter.type)}
    if parameter.default is not None:
        spec["default"] = json.loads(parameter.default)
    return spec


def _step(
    step: ir.Step, included: Mapping[str, str], materializers: Mapping[str, str]
) -> StepSpec:
    used = {output.materializer for output in step.outputs}
    return {
        "id": step.id,
        "name": step.name,
        "function": {"module": step.function.module, "qualname": step.function.qualname},
        "source": str(step.defined or step.location),
        "doc": step.doc,
        "inputs": {item.name: _input(item.value) for item in step.inputs},
        "types": {item.name: type_spec(item.type) for item in step.inputs},
        "outputs": [_output(output) for output in step.outputs],
        "upstream": list(step.upstream),
        "cache": step.cache,
        "retry": {
            "max_retries": step.retry.max_retries,
            "delay": step.retry.delay,
            "backoff": step.retry.backoff,
            "max_delay": step.retry.max_delay,
            "only_on": list(step.retry.only_on),
        },
        "hooks": _hooks(step.hooks),
        "timeout": step.timeout,
        "ingredients": {
            "code": step.code,
            "docker": _docker(step.docker),
            "include": dict(included),
            "materializers": {
                name: digest for name, digest in sorted(materializers.items()) if name in used
            },
        },
    }


def _hooks(hooks: tuple[ir.Hook, ...]) -> dict[str, HookSpec]:
    return {
        hook.event: {
            "module": hook.function.module,
            "qualname": hook.function.qualname,
            "source": hook.where,
        }
        for hook in hooks
    }


def _input(value: ir.Value) -> InputSpec:
    match value:
        case ir.Constant(json=text):
            return {"value": json.loads(text)}
        case ir.ParameterRef(name=name):
            return {"parameter": name}
        case ir.OutputRef(step=step, output=output):
            return {"step": step, "output": output}
        case ir.SequenceOf(kind=kind, items=items):
            return {kind: [_input(item) for item in items]}
        case ir.MappingOf(items=pairs):
            return {"dict": [[json.loads(key), _input(item)] for key, item in pairs]}


def _output(output: ir.Output) -> OutputSpec:
    return {
        "name": output.name,
        "type": type_spec(output.type),
        "materializer": output.materializer or None,
    }


def _docker(settings: ir.DockerSettings) -> dict[str, Any]:
    """The declared settings that can change a result; also part of a key on the local target."""
    return {
        "parent_image": settings.parent_image,
        "dockerfile": settings.dockerfile,
        "requirements": list(settings.requirements),
        "apt_packages": list(settings.apt_packages),
        "environment": [list(pair) for pair in settings.environment],
    }
