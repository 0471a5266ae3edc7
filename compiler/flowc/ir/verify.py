"""The rules that every valid pipeline keeps; a broken one is our own bug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import InternalError
from flowc.ir.nodes import (
    Artifact,
    Constant,
    MappingOf,
    OutputRef,
    ParameterRef,
    SecretRef,
    SequenceOf,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.ir.nodes import Pipeline, Stack, Step, Value

MOUNT_KINDS = ("pvc", "host_path", "config_map", "empty_dir")


def verify(pipeline: Pipeline) -> None:
    """Raise InternalError for the first rule that is broken."""
    open_names = {parameter.name for parameter in pipeline.runtime_parameters}
    outputs: dict[str, set[str]] = {}
    for step in pipeline.steps:
        if step.id in outputs:
            raise InternalError(f"two steps have the id '{step.id}'", where=str(step.location))
        _verify_step(step, open_names, outputs)
        _verify_components(step, pipeline.stack)
        outputs[step.id] = {output.name for output in step.outputs}


def references(value: Value) -> Iterator[OutputRef | ParameterRef]:
    """Every reference inside a value."""
    match value:
        case OutputRef() | ParameterRef():
            yield value
        case SequenceOf(items=items):
            for item in items:
                yield from references(item)
        case MappingOf(items=pairs):
            for _, item in pairs:
                yield from references(item)
        case Constant() | Artifact() | SecretRef():
            return


def _verify_components(step: Step, stack: Stack) -> None:
    known = {(component.kind, component.name, component.flavor) for component in stack.components}
    for use in step.components:
        if (use.kind, use.name, use.flavor) not in known:
            raise InternalError(
                f"step '{step.id}' uses {use.kind} '{use.name}', which its stack does not have",
                where=str(step.location),
            )


def _verify_step(step: Step, open_names: set[str], outputs: dict[str, set[str]]) -> None:
    where = str(step.location)
    if len({output.name for output in step.outputs}) != len(step.outputs):
        raise InternalError(f"step '{step.id}' has two outputs of one name", where=where)
    for name in step.upstream:
        if name not in outputs:
            raise InternalError(
                f"step '{step.id}' stands before its upstream '{name}'", where=where
            )
    _verify_policy(step)
    _verify_placement(step)
    for item in step.inputs:
        for reference in references(item.value):
            match reference:
                case ParameterRef(name=name) if name not in open_names:
                    raise InternalError(f"step '{step.id}' uses no open '{name}'", where=where)
                case OutputRef(step=above, output=output):
                    if above not in step.upstream or output not in outputs[above]:
                        raise InternalError(
                            f"step '{step.id}' uses '{above}.{output}', which is not upstream",
                            where=where,
                        )
                case _:
                    pass


def _verify_policy(step: Step) -> None:
    names = {item.name for item in step.inputs}
    policy = step.cache_policy
    taken = policy.key.takes if policy.key is not None else ()
    for name in (*policy.ignore_inputs, *taken):
        if name not in names:
            raise InternalError(
                f"the cache policy of step '{step.id}' names '{name}', which is no input",
                where=str(step.location),
            )


def _verify_placement(step: Step) -> None:
    paths = [mount.path for mount in step.placement.volumes]
    if len({*paths}) != len(paths):
        raise InternalError(
            f"step '{step.id}' has two volumes at one path", where=str(step.location)
        )
    for mount in step.placement.volumes:
        if mount.kind not in MOUNT_KINDS or bool(mount.source) == (mount.kind == "empty_dir"):
            raise InternalError(
                f"step '{step.id}' has a volume at {mount.path} of no known kind",
                where=str(step.location),
            )
