"""What differs between two builds beside their steps."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.driver.diff.steps import hook_changes, hook_code_changes, type_of
from flowc.driver.diff.telling import arrow, change, happened, setting
from flowc.narrowing import is_dict, is_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowc.client.differences import Cause
    from flowc.driver.build_record import Record

    Tell = Callable[[ir.Pipeline, ir.Pipeline], Iterator[Cause]]

FACTS = {"target": "target", "flowc": "flowc"}
"""What the manifest says that is told first."""


def pipeline_changes(old: Record, new: Record) -> list[Cause]:
    """What was asked of the compilation first, then the pipeline's own settings."""
    was, now = old.build.manifest, new.build.manifest
    found = [
        change(name, name, setting(name, was[name], now[name]))
        for name in FACTS
        if was[name] != now[name]
    ]
    found += _option_changes(old.options, new.options)
    for field in fields(ir.Pipeline):
        before, after = (getattr(record.pipeline, field.name) for record in (old, new))
        if before != after:
            found += TELLERS.get(field.name, _tell(field.name))(old.pipeline, new.pipeline)
    found += _file_changes(_included(old), _included(new))
    found += hook_code_changes(old, new, old.pipeline.hooks, new.pipeline.hooks)
    return found


def _option_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Cause]:
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was != now:
            yield change("option", name, setting(name, _flat(was), _flat(now)))


def _flat(item: Any) -> str:
    """A volume, or several, as text."""
    if is_list(item):
        return "; ".join(map(_flat, item))
    return ":".join(map(str, item.values())) if is_dict(item) else item


def _included(record: Record) -> Mapping[str, str]:
    steps = record.spec["steps"]
    return steps[0]["ingredients"].get("include", {}) if steps else {}


def _file_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Cause]:
    for name in dict.fromkeys((*after, *before)):
        if before.get(name) != after.get(name):
            text = f"included file `{name}` {happened(name, before, after)}"
            yield change("file", name, text)


def _tell(name: str) -> Tell:
    def tell(before: ir.Pipeline, after: ir.Pipeline) -> Iterator[Cause]:
        yield change(name, "", setting(name, getattr(before, name), getattr(after, name)))

    return tell


def no_meaning(_before: ir.Pipeline, _after: ir.Pipeline) -> Iterator[Cause]:
    """Told elsewhere, or no meaning."""
    return iter(())


def _tell_doc(_before: ir.Pipeline, _after: ir.Pipeline) -> Iterator[Cause]:
    yield change("doc", "", "docstring changed")


def _tell_parameters(before: ir.Pipeline, after: ir.Pipeline) -> Iterator[Cause]:
    old = {item.name: item for item in before.parameters}
    new = {item.name: item for item in after.parameters}
    for name in dict.fromkeys((*new, *old)):
        if name not in old or name not in new:
            text = f"parameter `{name}` {happened(name, old, new)}"
            yield change("parameter", name, text)
        else:
            yield from (
                change("parameter", name, text) for text in _parameter(old[name], new[name])
            )


def _parameter(before: ir.Parameter, after: ir.Parameter) -> Iterator[str]:
    called = f"parameter `{before.name}`"
    if before.type != after.type:
        yield f"type of {called} changed{arrow(type_of(before.type), type_of(after.type))}"
    if before.bound is None and after.bound is not None:
        yield f"{called} is bound when compiling now: {after.bound} ({after.why})"
    elif before.bound is not None and after.bound is None:
        yield f"{called} is a parameter of the engine now"
    elif before.bound != after.bound:
        yield f"{called} is bound to another value{arrow(before.bound, after.bound)}"
    elif before.default != after.default:
        yield f"default of {called} changed{arrow(before.default, after.default)}"


def _tell_hooks(before: ir.Pipeline, after: ir.Pipeline) -> Iterator[Cause]:
    yield from hook_changes(before.hooks, after.hooks)


def _tell_stack(before: ir.Pipeline, after: ir.Pipeline) -> Iterator[Cause]:
    if before.stack.name != after.stack.name:
        yield change(
            "stack", after.stack.name, setting("stack", before.stack.name, after.stack.name)
        )
    old = {f"{it.kind.replace('_', ' ')} `{it.name}`": it for it in before.stack.components}
    new = {f"{it.kind.replace('_', ' ')} `{it.name}`": it for it in after.stack.components}
    for name in dict.fromkeys((*new, *old)):
        if old.get(name) != new.get(name):
            text = f"{name} of the stack {happened(name, old, new)}"
            yield change("component", (new.get(name) or old[name]).name, text)


TELLERS: Mapping[str, Tell] = {
    "location": no_meaning,
    "body": no_meaning,
    "include": no_meaning,
    "notes": no_meaning,
    "doc": _tell_doc,
    "parameters": _tell_parameters,
    "hooks": _tell_hooks,
    "stack": _tell_stack,
}
"""What says how a field of a pipeline differs; of others the values are shown."""
