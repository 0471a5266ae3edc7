"""Lowers the IR to ``pipeline.json``, which the runtime reads."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flowc import __version__, ir
from flowc.passes.code_table import tabulate
from flowc.passes.distributions import distributions_of
from flowc.trace.tracer import type_spec
from flowc_runtime.contract import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowc.passes.code import Code
    from flowc_runtime.contract import (
        HookSpec,
        InputSpec,
        OutputSpec,
        ParameterSpec,
        PipelineSpec,
        StepSpec,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What enters cache keys beside the IR: the code of each step by its id, that of other
    objects (the author's materializers) by their names, and the data files that travel with the
    code, which every step may read.
    """

    steps: Mapping[str, Code]
    objects: Mapping[str, Code]
    included: Mapping[str, bytes]


def lower_to_spec(pipeline: ir.Pipeline, counted: Counted) -> PipelineSpec:
    table, closures = tabulate(counted.steps)
    lowering = _Steps(counted, closures)
    spec: PipelineSpec = {
        "protocol": PROTOCOL,
        "flowc": __version__,
        "pipeline": pipeline.name,
        "source": str(pipeline.location),
        "doc": pipeline.doc,
        "parameters": {
            parameter.name: _parameter(parameter) for parameter in pipeline.runtime_parameters
        },
        "steps": [lowering.step(step) for step in pipeline.steps],
        "code": table,
        "roots": ["src"],
        "hooks": _hooks(pipeline.hooks),
        "execution_mode": pipeline.execution_mode,
        "timeout": pipeline.timeout,
    }
    if pipeline.unlisted:
        spec["unlisted"] = True
    return spec


def _parameter(parameter: ir.Parameter) -> ParameterSpec:
    spec: ParameterSpec = {"type": type_spec(parameter.type)}
    if parameter.default is not None:
        spec["default"] = json.loads(parameter.default)
    return spec


class _Steps:
    """Lowers steps; what many of them share is looked at once."""

    def __init__(self, counted: Counted, closures: Mapping[str, int]) -> None:
        self._counted = counted
        self._closures = closures
        self._included = {
            name: hashlib.sha256(data).hexdigest()
            for name, data in sorted(counted.included.items())
        }
        self._distributions: dict[tuple[str, ...], list[str]] = {}

    def step(self, step: ir.Step) -> StepSpec:
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
            "ingredients": self._ingredients(step),
            "code": self._closures[step.id],
        }

    def _ingredients(self, step: ir.Step) -> dict[str, Any]:
        used = {output.materializer for output in step.outputs}
        objects = {name: code for name, code in self._counted.objects.items() if name in used}
        codes = [self._counted.steps[step.id], *objects.values()]
        return {
            "code": step.code,
            "docker": _docker(step.docker),
            "include": self._included,
            "materializers": {name: code.digest for name, code in sorted(objects.items())},
            "versions": {"level": "minor", "distributions": self._named(codes)},
        }

    def _named(self, codes: Iterable[Code]) -> list[str]:
        names = tuple(sorted({name for code in codes for name in code.third_party}))
        if names not in self._distributions:
            self._distributions[names] = distributions_of(names)
        return self._distributions[names]


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
        case ir.Artifact():
            return {"artifact": asdict(value)}
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
