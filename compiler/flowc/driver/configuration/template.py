"""A commented run configuration of a pipeline: every key, with what holds without the file.

Lines of prose begin with ``# ``, keys with ``#``. When the latter are taken away, the file says
what the code says already.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.configuration import COMPONENT_KINDS
from flowc.authoring.hooks import EVENTS, HookReference
from flowc.authoring.secrets import Secret
from flowc.driver.configuration.document import SECRET
from flowc.driver.configuration.reading import PIPELINE_KEYS, STEP_KEYS, STRUCTURES
from flowc.narrowing import is_dict, is_sequence
from flowc.trace import type_spec
from flowc.trace.placement import PLACEMENT_KEYS
from flowc.trace.resources import RESOURCE_KEYS
from flowc.trace.settings import DOCKER_KEYS
from flowc_runtime import values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.authoring.pipeline import Pipeline
    from flowc.trace.tracer import Call

NOTES = {
    "cache_policy": "what counts for the cache",
    "enable_artifact_metadata": "whether facts about outputs are kept with them",
    "enable_cache": "whether steps that ran before are taken from the cache",
    "execution_mode": "continue_on_failure, fail_fast or stop_on_failure",
    "include": "data files, relative to the pipeline's file",
    "infrastructure_retries": "how often the engine starts a lost container again",
    "max_active_runs": "how many runs the engine has active at the same time",
    "max_parallel_steps": "how many steps of a run are executed at the same time",
    "output_materializers": "import paths by output",
    "retry": "of a failed step",
    "run_name": "fields: {date}, {time}, {pipeline}, parameters, substitutions",
    "schedule": "when the engine starts runs by itself",
    "settings": "what a step's image is made of, what it needs of a machine, where its pod runs",
    "substitutions": "more fields of run_name",
    "timeout": "seconds",
    **dict.fromkeys(EVENTS, "a hook's import path"),
}
STEP_NOTES: Mapping[str, str] = dict.fromkeys(COMPONENT_KINDS, "a component of the stack, by name")
DEFAULTS: Mapping[str, Any] = {
    "enable_artifact_metadata": True,
    "enable_cache": True,
    "execution_mode": "continue_on_failure",
    "infrastructure_retries": 0,
}
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "docker": DOCKER_KEYS,
    "resources": RESOURCE_KEYS,
    "kubernetes": PLACEMENT_KEYS,
}
NOT_SHOWN = object()
"""Stands for a value that a file cannot say, or that means something else in a file."""

BARE = re.compile(r"[A-Za-z_](?:[\w./:-]*[\w./-])?", re.ASCII)
WORDS = frozenset({"true", "false", "null", "nan", "inf"})


def to_template(pipeline: Pipeline, traced: ir.Pipeline, calls: Mapping[str, Call]) -> str:
    """``traced`` and ``calls`` are what came of ``pipeline``."""
    lines = [
        f"# Run configuration of the pipeline '{traced.name}', {traced.location}.",
        "#",
        "# Every key is optional, and beats what the code says. To set one, take away the # right",
        "# before it. The values shown are those that hold without this file. What stands under",
        "# 'steps' beats what stands above it; enable_cache here is meant for every step.",
        "",
    ]
    for key in PIPELINE_KEYS:
        if key not in ("parameters", "steps"):
            lines += _option(key, pipeline.options.get(key))
    lines += ["", "# Beaten by flowc run -p NAME=VALUE.", "parameters:"]
    lines += [_parameter(parameter) for parameter in traced.parameters]
    lines += ["", "steps:"]
    for step in traced.steps:
        lines += _step(step, calls[step.id])
    return "\n".join(lines).rstrip("\n") + "\n"


def _parameter(parameter: ir.Parameter) -> str:
    text = parameter.default if parameter.bound is None else parameter.bound
    note = values.type_text(type_spec(parameter.type))
    if parameter.secret is not None:
        return _line("  ", parameter.name, f"{SECRET} {parameter.secret}", note)
    if text is None:
        return _line("  ", parameter.name, "", f"{note}, required")
    return _line("  ", parameter.name, flow(json.loads(text)), note)


def _step(step: ir.Step, call: Call) -> Iterator[str]:
    """One line for each option: what those above have of keys, these have as well."""
    what = "" if step.id == step.name else f"{step.name}, "
    yield f"  {quoted(step.id)}:  # {what}{step.location}"
    yield from _inputs(step, call.open)
    for key in STEP_KEYS:
        value = call.options.get(key)
        if key == "output_materializers":
            yield from _materializers(step, value or {})
        elif key != "parameters":
            yield _line("    ", key, _shown(_summary(key, value)), STEP_NOTES.get(key, ""))
    yield ""


def _summary(key: str, value: Any) -> Any:
    if value is None:
        return DEFAULTS.get(key)
    if key not in STRUCTURES:
        return value
    members = {name: _member(key, name, value) for name in STRUCTURES[key].keys}
    return {name: held for name, held in members.items() if held is not None} or None


def _inputs(step: ir.Step, open_inputs: tuple[str, ...]) -> Iterator[str]:
    """Those that the call leaves open; the others are the code's to say."""
    if not open_inputs:
        return
    yield "    parameters:"
    known = {item.name: item for item in step.inputs}
    for name in open_inputs:
        found = known.get(name)
        plain = NOT_SHOWN if found is None else _plain_input(found)
        if found is None or plain is NOT_SHOWN:
            yield f"      # {name}: its default is the code's"
        else:
            note = values.type_text(type_spec(found.type))
            yield _line("      ", name, flow(plain), note)


def _plain_input(found: ir.Input) -> Any:
    """The value as a file says it, where that means the same."""
    if isinstance(found.value, ir.SecretRef):
        return Secret(found.value.name, key=found.value.key)
    if not isinstance(found.value, ir.Constant):
        return NOT_SHOWN
    try:
        value = values.decode(json.loads(found.value.json))
        plain = values.plain(value)
        again = values.parse(json.dumps(plain), type_spec(found.type), found.name)
        same = values.encode(again) == values.encode(value)
    except (ValueError, TypeError):
        return NOT_SHOWN
    return plain if same else NOT_SHOWN


def _materializers(step: ir.Step, chosen: Mapping[str, Any]) -> Iterator[str]:
    if not step.outputs:
        return
    yield "    output_materializers:"
    for output in step.outputs:
        yield _line("      ", output.name, _shown(chosen.get(output.name)))


def _option(key: str, value: Any) -> Iterator[str]:
    note = NOTES.get(key, "")
    if key in STRUCTURES:
        yield _head(key, note)
        for name in STRUCTURES[key].keys:
            yield _line("  ", name, _shown(_member(key, name, value)))
    elif key == "settings":
        yield _head(key, note)
        yield from _settings(value or {})
    else:
        yield _line("", key, _shown(DEFAULTS.get(key) if value is None else value), note)


def _member(key: str, name: str, value: Any) -> Any:
    """Of a cache policy nothing is shown: its files are relative to where it is written."""
    return None if value is None or key == "cache_policy" else getattr(value, name)


def _settings(given: Mapping[str, Any]) -> Iterator[str]:
    for component, keys in SETTINGS.items():
        held: Mapping[str, Any] = given.get(component, {})
        yield f"  {component}:"
        for name in keys:
            yield _line("    ", name, _shown(held.get(name)))
    for name, value in given.items():
        if name not in SETTINGS:
            yield _line("  ", name, _shown(value))


def _head(key: str, note: str) -> str:
    return f"{key}:" + (f"  # {note}" if note else "")


def _line(indent: str, key: str, value: str, note: str = "") -> str:
    line = f"{indent}#{quoted(key)}:" + (f" {value}" if value else "")
    return f"{line}  # {note}" if note else line


def _shown(value: Any) -> str:
    """What an option holds, as the file's text; nothing for what a file cannot say."""
    if value is None:
        return ""
    try:
        return flow(_named(value))
    except TypeError:
        return ""


def _named(value: Any) -> Any:
    if isinstance(value, HookReference):
        return f"{value.module}:{value.qualname}"
    if isinstance(value, type):
        return f"{value.__module__}:{value.__qualname__}"
    if is_sequence(value):
        return [_named(item) for item in value]
    if is_dict(value):
        return {name: _named(item) for name, item in value.items()}
    return value


def flow(value: Any) -> str:
    """A plain value on one line. Raises TypeError for any other."""
    if is_dict(value):
        return "{" + ", ".join(f"{quoted(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if is_sequence(value):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, Secret):
        return f"{SECRET} {ir.SecretRef(name=value.name, key=value.key)}"
    if isinstance(value, str):
        return quoted(value.replace("${", "$${"))
    if isinstance(value, float):
        text = repr(value)
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text)
    return json.dumps(value)


def quoted(text: str) -> str:
    """A text as YAML: bare where it is a plain word, else in quotes."""
    if BARE.fullmatch(text) and text.lower() not in WORDS:
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char == " " or char.isprintable():
        return char
    return f"\\U{ord(char):08x}"
