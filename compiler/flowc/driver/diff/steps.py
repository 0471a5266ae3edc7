"""What differs between two invocations of the same id."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from flowc import ir
from flowc.client.code_changes import code_changes
from flowc.client.differences import static_causes
from flowc.driver.diff.telling import arrow, change, happened, setting
from flowc.ir.text import value_text
from flowc.ir.verify import references
from flowc.narrowing import is_tuple
from flowc.trace.types import type_spec
from flowc_runtime import keys
from flowc_runtime.values import type_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowc.client.differences import Cause, Kept
    from flowc.driver.build_record import Record
    from flowc_runtime.contract import StepSpec

    Tell = Callable[[ir.Step, ir.Step], Iterator[Cause]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An invocation in one of the builds, as the IR and as the specification have it."""

    record: Record
    step: ir.Step
    spec: StepSpec


def step_changes(old: Version, new: Version) -> list[Cause]:
    """The code first, then each setting in the order of the IR."""
    before, after = old.step, new.step
    found = [*static_causes(_kept(old), _kept(new), after.function.qualname)]
    for field in fields(ir.Step):
        if getattr(before, field.name) != getattr(after, field.name):
            found += TELLERS.get(field.name, _tell(field.name))(before, after)
    found += hook_code_changes(old.record, new.record, before.hooks, after.hooks)
    return found


def _kept(version: Version) -> Kept:
    """What counts for the step's key and is known when compiling.

    Included files are left out: every step has the same.
    """
    counted = {
        name: value for name, value in version.spec["ingredients"].items() if name != "include"
    }
    code = keys.code_parts(version.record.spec, version.spec)
    return {"ingredients": {"ingredients": counted}, "code": code}


def _tell(name: str) -> Tell:
    def tell(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
        text = setting(name, getattr(before, name), getattr(after, name))
        yield change(name, "", text)

    return tell


def no_meaning(_before: ir.Step, _after: ir.Step) -> Iterator[Cause]:
    """Where a thing stands is no meaning; code and order are told from what they follow from."""
    return iter(())


def _tell_function(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    was, now = (f"{step.function.module}.{step.function.qualname}" for step in (before, after))
    yield change("function", now, f"calls another function{arrow(was, now)}", str(after.location))


def _tell_doc(_before: ir.Step, _after: ir.Step) -> Iterator[Cause]:
    yield change("doc", "", "docstring changed")


def _tell_inputs(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    old = {item.name: item for item in before.inputs}
    new = {item.name: item for item in after.inputs}
    for name in dict.fromkeys((*new, *old)):
        was, now = old.get(name), new.get(name)
        if was is None or now is None:
            given = f": {_value(now.value)}" if now is not None else ""
            yield change("input", name, f"input `{name}` is {'new' if now else 'gone'}{given}")
            continue
        if was.value != now.value:
            text = f"input `{name}` differs{arrow(_value(was.value), _value(now.value))}"
            yield change("input", name, text)
        if was.type != now.type:
            shown = arrow(type_of(was.type), type_of(now.type))
            yield change("input", name, f"type of input `{name}` changed{shown}")


def _tell_outputs(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    old = {item.name: item for item in before.outputs}
    new = {item.name: item for item in after.outputs}
    if [*old] != [*new]:
        yield change("output", "", f"outputs changed{arrow(', '.join(old), ', '.join(new))}")
    for name in (name for name in new if name in old):
        was, now = old[name], new[name]
        if was.type != now.type:
            shown = arrow(type_of(was.type), type_of(now.type))
            yield change("output", name, f"type of output `{name}` changed{shown}")
        if was.materializer != now.materializer:
            shown = arrow(was.materializer or "built-in", now.materializer or "built-in")
            text = f"materializer of output `{name}` changed{shown}"
            yield change("materializer", name, text)


def _tell_upstream(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    """Order alone: what a step reads is told with its inputs."""
    old, new = set(before.upstream), set(after.upstream)
    for name in after.upstream:
        if name not in old and name not in _read_by(after):
            yield change("order", name, f"comes after `{name}` now")
    for name in before.upstream:
        if name not in new and name not in _read_by(before):
            yield change("order", name, f"no longer comes after `{name}`")


def _tell_docker(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    """The rest of it counts for keys and was told with them."""
    for name in ("python", "user"):
        was, now = getattr(before.docker, name), getattr(after.docker, name)
        if was != now:
            yield change(name, name, setting(f"{name} of the container", was, now))


def _tell_resources(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    """As the author writes them: cores, and bytes; none where nothing was said."""
    old, new = before.resources, after.resources
    for name, was, now in (
        ("cpu", old.cpu / 1000, new.cpu / 1000),
        ("memory", old.memory, new.memory),
        ("gpus", old.gpus, new.gpus),
        ("gpu_type", old.gpu_type, new.gpu_type),
    ):
        if was != now:
            yield change("resources", name, setting(name, was or None, now or None))


def _tell_placement(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    for field in fields(ir.Placement):
        was, now = getattr(before.placement, field.name), getattr(after.placement, field.name)
        if was != now:
            text = setting(field.name, _by_name(was), _by_name(now))
            yield change("placement", field.name, text)


def _by_name(value: object) -> object:
    """Volumes by their paths and tolerations by their keys, as pairs; all else is as it is."""
    if not is_tuple(value):
        return value
    return tuple(
        (item.path, item)
        if isinstance(item, ir.Mount)
        else (item.key or "every taint", item)
        if isinstance(item, ir.Toleration)
        else item
        for item in value
    )


def _tell_policy(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    """As before: what is left decides when an entry is used."""
    for name in ("ignore_inputs", "expires"):
        was, now = getattr(before.cache_policy, name), getattr(after.cache_policy, name)
        if was != now:
            yield change("policy", name, f"cache policy: {setting(name, was, now)}")


def _tell_components(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    old = {(use.kind, use.name): use for use in before.components}
    new = {(use.kind, use.name): use for use in after.components}
    for kind, name in dict.fromkeys((*new, *old)):
        if old.get((kind, name)) != new.get((kind, name)):
            what = happened((kind, name), old, new)
            yield change("component", name, f"{kind.replace('_', ' ')} `{name}` {what}")


def _tell_hooks(before: ir.Step, after: ir.Step) -> Iterator[Cause]:
    yield from hook_changes(before.hooks, after.hooks)


TELLERS: Mapping[str, Tell] = {
    "location": no_meaning,
    "defined": no_meaning,
    "code": no_meaning,
    "after": no_meaning,
    "image": no_meaning,
    "function": _tell_function,
    "doc": _tell_doc,
    "inputs": _tell_inputs,
    "outputs": _tell_outputs,
    "upstream": _tell_upstream,
    "docker": _tell_docker,
    "resources": _tell_resources,
    "placement": _tell_placement,
    "cache_policy": _tell_policy,
    "components": _tell_components,
    "hooks": _tell_hooks,
}
"""What says how a field of a step differs; of others the values are shown."""


def hook_changes(before: tuple[ir.Hook, ...], after: tuple[ir.Hook, ...]) -> Iterator[Cause]:
    old = {hook.event: _name(hook) for hook in before}
    new = {hook.event: _name(hook) for hook in after}
    for event in dict.fromkeys((*new, *old)):
        if old.get(event) != new.get(event):
            shown = arrow(old[event], new[event]) if event in old and event in new else ""
            text = f"hook `{event}` {happened(event, old, new)}{shown}"
            yield change("hook", event, text)


def hook_code_changes(
    old: Record, new: Record, before: tuple[ir.Hook, ...], after: tuple[ir.Hook, ...]
) -> Iterator[Cause]:
    """What changed in the code of hooks that are the same functions as before."""
    same = {(hook.event, _name(hook)) for hook in before}
    for hook in after:
        name = _name(hook)
        if (hook.event, name) not in same:
            continue
        parts = old.functions.get(name), new.functions.get(name)
        for _, _, text in code_changes(*parts, hook.function.qualname):
            yield change("hook", hook.event, f"hook `{hook.event}`: {text}")


def _name(hook: ir.Hook) -> str:
    return f"{hook.function.module}:{hook.function.qualname}"


def _read_by(step: ir.Step) -> set[str]:
    found = (reference for item in step.inputs for reference in references(item.value))
    return {reference.step for reference in found if isinstance(reference, ir.OutputRef)}


def _value(value: ir.Value) -> str:
    if isinstance(value, ir.OutputRef):
        return f"{value.step}.{value.output}"
    if isinstance(value, ir.ParameterRef):
        return f"parameter {value.name}"
    return value_text(value)


def type_of(wanted: ir.Type) -> str:
    return type_text(type_spec(wanted))
