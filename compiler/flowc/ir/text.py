"""The IR's text form, for goldens and bug reports::

pipeline digits(n: int = 3, reps = 2 bound: it is looped over in line 9)  # p.py:25
  load = load(n=$n) -> a: int, b: int  # p.py:27
  show = show(x=%load.a) after load  # p.py:28
    docker parent_image='python:3.11-slim'
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING

from flowc.ir.nodes import (
    Artifact,
    CachePolicy,
    Constant,
    DockerSettings,
    MappingOf,
    Mount,
    OutputRef,
    ParameterRef,
    Placement,
    Resources,
    Retry,
    SecretRef,
    SequenceOf,
    Toleration,
)

if TYPE_CHECKING:
    from flowc.ir.nodes import Function, Parameter, Pipeline, Step, Type, Value


def to_text(pipeline: Pipeline) -> str:
    parameters = ", ".join(_parameter(parameter) for parameter in pipeline.parameters)
    lines = [f"pipeline {pipeline.name}({parameters})  # {pipeline.location}"]
    if pipeline.schedule:
        lines.append(f"  schedule {pipeline.schedule}")
    if pipeline.max_active_runs:
        lines.append(f"  max_active_runs {pipeline.max_active_runs}")
    if pipeline.max_parallel_steps:
        lines.append(f"  max_parallel_steps {pipeline.max_parallel_steps}")
    if pipeline.execution_mode != "continue_on_failure":
        lines.append(f"  {pipeline.execution_mode}")
    if pipeline.unlisted:
        lines.append("  unlisted")
    if pipeline.timeout is not None:
        lines.append(f"  timeout {pipeline.timeout:g}")
    if pipeline.run_name:
        lines.append(f"  run_name {pipeline.run_name!r}")
    lines += [f"  substitution {name} = {value}" for name, value in pipeline.substitutions]
    lines += [f"  {hook.event} {_function(hook.function)}" for hook in pipeline.hooks]
    if pipeline.stack.components:
        lines.append(f"  stack {pipeline.stack.name}")
    for step in pipeline.steps:
        lines += [f"  {line}" for line in _step(step)]
    return "\n".join(lines) + "\n"


def _parameter(parameter: Parameter) -> str:
    head = f"{parameter.name}: {_type(parameter.type)}"
    if parameter.bound is not None:
        return f"{head} = {parameter.bound} bound because {parameter.why}"
    if parameter.filled:
        return f"{head} = {parameter.default} or {parameter.filled}"
    return head if parameter.default is None else f"{head} = {parameter.default}"


def _step(step: Step) -> list[str]:
    inputs = ", ".join(f"{item.name}={value_text(item.value)}" for item in step.inputs)
    line = f"{step.id} = {_function(step.function)}({inputs})"
    if step.outputs:
        line += " -> " + ", ".join(
            f"{output.name}: {_type(output.type)}"
            + (f" by {output.materializer}" if output.materializer else "")
            for output in step.outputs
        )
    if step.after:
        line += " after " + ", ".join(step.after)
    return [f"{line}  # {step.location}", *_options(step)]


def _options(step: Step) -> list[str]:
    lines = [] if step.cache else ["  uncached"]
    if step.cache_policy != CachePolicy():
        lines.append(f"  cache_policy{_cache_policy(step.cache_policy)}")
    if not step.artifact_metadata:
        lines.append("  no artifact metadata")
    if step.retry != Retry():
        lines.append(f"  retry{_changed(step.retry)}")
    lines += [f"  {hook.event} {_function(hook.function)}" for hook in step.hooks]
    if step.timeout is not None:
        lines.append(f"  timeout {step.timeout:g}")
    if step.infrastructure_retries:
        lines.append(f"  infrastructure_retries {step.infrastructure_retries}")
    if step.docker != DockerSettings():
        lines.append(f"  docker{_changed(step.docker)}")
    lines += [f"  environment {name}=<secret {ref}>" for name, ref in step.secret_environment]
    if step.resources != Resources():
        lines.append(f"  resources{_changed(step.resources)}")
    if step.placement != Placement():
        lines += _placement(step.placement)
    lines += [
        f"  {use.kind} {use.name}" + (f" {use.settings}" if use.settings != "{}" else "")
        for use in step.components
    ]
    if step.image:
        lines.append(f"  image {step.image}")
    return lines


def _cache_policy(policy: CachePolicy) -> str:
    shown = [f"ignore_inputs={', '.join(policy.ignore_inputs)}"] if policy.ignore_inputs else []
    shown += [f"file={name}@{digest[:8]}" for name, digest in policy.files]
    shown += [f"object={_function(item)}" for item in policy.objects]
    if policy.key is not None:
        shown.append(f"key={_function(policy.key.function)}({', '.join(policy.key.takes)})")
    if policy.expires is not None:
        shown.append(f"expires={policy.expires:g}")
    if policy.versions != "minor":
        shown.append(f"versions={policy.versions}")
    return "".join(f" {item}" for item in shown)


def _changed(node: Retry | DockerSettings | Resources | Mount | Toleration) -> str:
    return "".join(
        f" {field.name}={getattr(node, field.name)!r}"
        for field in fields(node)
        if field.default is not MISSING and getattr(node, field.name) != field.default
    )


def _placement(placement: Placement) -> list[str]:
    lines = [f"  node_selector {key}={value}" for key, value in placement.node_selector]
    lines += [f"  toleration{_changed(item)}" for item in placement.tolerations]
    lines += [
        f"  volume {item.kind} path={item.path!r}{_changed(item)}" for item in placement.volumes
    ]
    if placement.service_account:
        lines.append(f"  service_account {placement.service_account}")
    lines += [f"  label {key}={value}" for key, value in placement.labels]
    lines += [f"  annotation {key}={value!r}" for key, value in placement.annotations]
    lines += [f"  image_pull_secret {name}" for name in placement.image_pull_secrets]
    if placement.image_pull_policy:
        lines.append(f"  image_pull_policy {placement.image_pull_policy}")
    return lines


def value_text(value: Value) -> str:  # noqa: PLR0911 - one for each node
    match value:
        case Constant(json=text):
            return text
        case Artifact(digest=digest, type=kind):
            return f"<{kind} {digest[:12]}>"
        case ParameterRef(name=name):
            return f"${name}"
        case OutputRef(step=step, output=output):
            return f"%{step}.{output}"
        case SecretRef():
            return f"<secret {value}>"
        case SequenceOf(kind=kind, items=items):
            inner = ", ".join(value_text(item) for item in items)
            return f"[{inner}]" if kind == "list" else f"({inner},)"
        case MappingOf(items=pairs):
            return "{" + ", ".join(f"{key}: {value_text(held)}" for key, held in pairs) + "}"


def _function(function: Function) -> str:
    return f"{function.module}.{function.qualname}"


def _type(wanted: Type) -> str:
    if wanted.kind == "class":
        return wanted.name.partition(":")[2]
    if wanted.kind == "union":
        return " | ".join(_type(arg) for arg in wanted.args)
    if wanted.kind == "literal":
        return f"Literal[{', '.join(wanted.values)}]"
    inner = ", ".join(_type(arg) for arg in wanted.args) + (", ..." if wanted.variadic else "")
    return f"{wanted.kind}[{inner}]" if inner else wanted.kind
