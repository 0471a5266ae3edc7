"""Lowers the IR to ``pipeline.json``, which the runtime reads."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flowc import __version__, ir
from flowc.passes.code_table import tabulate
from flowc.passes.distributions import distributions_of
from flowc.trace.components import ACTIVE
from flowc.trace.types import type_spec
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
        PolicySpec,
        ScheduleSpec,
        SecretSpec,
        StackSpec,
        StepSpec,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What enters cache keys beside the IR: the code of each step by its id, that of other
    objects by their names, and the data files that travel with the code, which every step may
    read.
    """

    steps: Mapping[str, Code]
    objects: Mapping[str, Code]
    included: Mapping[str, bytes]


def counted_objects(step: ir.Step) -> list[str]:
    """What counts for a step's key beside its own code, as ``module:Qualname``: materializers of
    the author's, the objects and the key function of its cache policy.
    """
    policy = step.cache_policy
    functions = [*policy.objects, *([policy.key.function] if policy.key else [])]
    names = [output.materializer for output in step.outputs if output.materializer]
    return [*names, *map(_name, functions)]


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
        "stack": stack_spec(pipeline.stack),
        "execution_mode": pipeline.execution_mode,
        "timeout": pipeline.timeout,
    }
    if pipeline.run_name:
        spec["run_name"] = pipeline.run_name
        spec["substitutions"] = _substitutions(pipeline)
    if pipeline.unlisted:
        spec["unlisted"] = True
    if pipeline.secrets:
        spec["secrets"] = [_secret(ref) for ref in pipeline.secrets]
    # Only what containers need to know is part of the bundle.
    if pipeline.schedule and any(item.filled for item in pipeline.runtime_parameters):
        spec["schedule"] = schedule_spec(pipeline.schedule)
    return spec


def _substitutions(pipeline: ir.Pipeline) -> dict[str, Any]:
    """What the run's name may hold and is known already: bound parameters too."""
    texts = {item.name: item.bound for item in pipeline.parameters if item.bound is not None}
    texts.update(pipeline.substitutions)
    return {name: json.loads(text) for name, text in texts.items()}


def stack_spec(stack: ir.Stack) -> StackSpec:
    components: dict[str, dict[str, Any]] = {}
    for component in stack.components:
        document = {"flavor": component.flavor, **json.loads(component.configuration)}
        components.setdefault(component.kind, {})[component.name] = document
    return {
        "name": stack.name,
        "components": components,
        "active": {
            kind: next(iter(named)) for kind, named in components.items() if kind in ACTIVE
        },
    }


def _parameter(parameter: ir.Parameter) -> ParameterSpec:
    spec: ParameterSpec = {"type": type_spec(parameter.type)}
    if parameter.default is not None:
        spec["default"] = json.loads(parameter.default)
    if parameter.filled:
        spec["filled"] = parameter.filled
    return spec


def schedule_spec(schedule: ir.Schedule) -> ScheduleSpec:
    """The schedule in the form of the wire; what it does not say is left out."""
    spec: ScheduleSpec = {"timezone": schedule.timezone, "catchup": schedule.catchup}
    if schedule.cron:
        spec["cron"] = schedule.cron
    else:
        spec["interval"] = schedule.interval
    if schedule.start:
        spec["start"] = schedule.start
    if schedule.end:
        spec["end"] = schedule.end
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
        spec: StepSpec = {
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
            "components": {
                use.kind: {"name": use.name, "settings": json.loads(use.settings)}
                for use in step.components
            },
            "artifact_metadata": step.artifact_metadata,
            "infrastructure_retries": step.infrastructure_retries,
            "ingredients": self._ingredients(step),
            "code": self._closures[step.id],
        }
        policy = _policy(step.cache_policy)
        if policy:
            spec["policy"] = policy
        if step.secret_environment:
            spec["secret_environment"] = {
                name: _secret(ref) for name, ref in step.secret_environment
            }
        return spec

    def _ingredients(self, step: ir.Step) -> dict[str, Any]:
        known = self._counted.objects
        codes = {name: known[name] for name in counted_objects(step) if name in known}
        named = {output.materializer for output in step.outputs}
        level = step.cache_policy.versions
        used = [self._counted.steps[step.id], *codes.values()]
        found: dict[str, Any] = {
            "code": step.code,
            "docker": _docker(step.docker),
            "include": self._included,
            "materializers": {name: codes[name].digest for name in sorted(named & codes.keys())},
            "versions": {
                "level": level,
                "distributions": [] if level == "ignore" else self._named(used),
            },
            "policy": _policy_ingredients(step.cache_policy, codes),
        }
        if step.secret_environment:
            found["secrets"] = [[name, str(ref)] for name, ref in step.secret_environment]
        return found

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


def _input(value: ir.Value) -> InputSpec:  # noqa: PLR0911 - one for each node
    match value:
        case ir.Constant(json=text):
            return {"value": json.loads(text)}
        case ir.Artifact():
            record = asdict(value)
            del record["refers"]
            return {"artifact": record}
        case ir.ParameterRef(name=name):
            return {"parameter": name}
        case ir.OutputRef(step=step, output=output):
            return {"step": step, "output": output}
        case ir.SecretRef():
            return {**_secret(value)}
        case ir.SequenceOf(kind=kind, items=items):
            return {kind: [_input(item) for item in items]}
        case ir.MappingOf(items=pairs):
            return {"dict": [[json.loads(key), _input(item)] for key, item in pairs]}


def _secret(ref: ir.SecretRef) -> SecretSpec:
    return {"secret": ref.name, "key": ref.key}


def _output(output: ir.Output) -> OutputSpec:
    return {
        "name": output.name,
        "type": type_spec(output.type),
        "materializer": output.materializer or None,
    }


def _policy(policy: ir.CachePolicy) -> PolicySpec:
    """What the runtime does; what counts are ingredients."""
    spec: PolicySpec = {}
    if policy.ignore_inputs:
        spec["ignore_inputs"] = list(policy.ignore_inputs)
    if policy.expires is not None:
        spec["expires"] = policy.expires
    if policy.key is not None:
        function = policy.key.function
        spec["key"] = {
            "module": function.module,
            "qualname": function.qualname,
            "source": policy.key.where,
            "takes": list(policy.key.takes),
        }
    return spec


def _policy_ingredients(policy: ir.CachePolicy, codes: Mapping[str, Code]) -> dict[str, Any]:
    """Only what is there: a policy that adds nothing leaves keys as they are."""
    found: dict[str, Any] = {}
    if policy.files:
        found["files"] = dict(policy.files)
    if policy.objects:
        names = sorted({_name(item) for item in policy.objects})
        found["objects"] = {name: codes[name].digest for name in names}
    if policy.key is not None:
        name = _name(policy.key.function)
        found["key"] = codes[name].digest if name in codes else name
    return found


def _name(function: ir.Function) -> str:
    return f"{function.module}:{function.qualname}"


def _docker(settings: ir.DockerSettings) -> dict[str, Any]:
    """The declared settings that can change a result; also part of a key on the local target."""
    return {
        "parent_image": settings.parent_image,
        "dockerfile": settings.dockerfile,
        "requirements": list(settings.requirements),
        "apt_packages": list(settings.apt_packages),
        "environment": [list(pair) for pair in settings.environment],
    }
