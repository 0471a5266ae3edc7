"""Whose objects a step is given: what their methods do counts for it, though its own code may
name neither.

    use(Model(3))    the class of a constant, or of a parameter, is known: ``classes``; so is all
                     that a stored value refers to
    use(make())      an object of any class that `make` reaches, or one with a function in it that
                     something there takes as a value: ``makers``

Nothing is added where the annotation of the output or of the input leaves no room for an object
of the author's, as ``list[int]`` does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from flowc import ir

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Function = tuple[str, str]
"""A module and the name of a function or class in it."""

PLAIN = {"none", "bool", "int", "float", "str", "bytes", "literal"}
PLAIN_MODULES = {
    "datetime", "decimal", "fractions", "numpy", "pandas", "pathlib", "polars", "uuid", "zoneinfo"
}  # fmt: skip
"""Whose classes hold nothing of the author's once they are stored."""

TAGS = ("$dataclass", "$enum", "$flag", "$namedtuple", "$pydantic")
"""What `values.encode` writes of the author's objects, before their class."""


class Subject(NamedTuple):
    """A function whose code is asked for, and whose objects it is given."""

    function: Function
    classes: tuple[Function, ...] = ()
    makers: tuple[Function, ...] = ()


class _Given(NamedTuple):
    classes: frozenset[Function] = frozenset()
    makers: frozenset[Function] = frozenset()

    def __or__(self, other: _Given) -> _Given:
        return _Given(self.classes | other.classes, self.makers | other.makers)


NOTHING = _Given()


def subjects_of(pipeline: ir.Pipeline) -> dict[str, Subject]:
    """By the step's id; what a step is given, it may pass on."""
    parameters = {
        parameter.name: _Given(frozenset(_classes_of(parameter.type)))
        for parameter in pipeline.parameters
    }
    outputs: dict[tuple[str, str], _Given] = {}
    subjects: dict[str, Subject] = {}
    for step in pipeline.steps:
        function = (step.function.module, step.function.qualname)
        given = NOTHING
        for item in step.inputs:
            found = _given_by(item.value, parameters, outputs)
            given |= _Given(found.classes) if _is_plain(item.type) else found
        subjects[step.id] = Subject(
            function, tuple(sorted(given.classes)), tuple(sorted(given.makers))
        )
        made = given | _Given(makers=frozenset({function}))
        for output in step.outputs:
            outputs[step.id, output.name] = NOTHING if _is_plain(output.type) else made
    return subjects


def _given_by(  # noqa: PLR0911 - one for each node
    value: ir.Value,
    parameters: Mapping[str, _Given],
    outputs: Mapping[tuple[str, str], _Given],
) -> _Given:
    match value:
        case ir.Constant(json=text):
            return _Given(frozenset(_tagged(text)))
        case ir.Artifact(refers=names):
            return _Given(frozenset(pair for name in names for pair in _split(name)))
        case ir.ParameterRef(name=name):
            return parameters.get(name, NOTHING)
        case ir.OutputRef(step=step, output=output):
            return outputs[step, output]
        case ir.SecretRef():
            return NOTHING
        case ir.SequenceOf(items=items):
            return _union(_given_by(item, parameters, outputs) for item in items)
        case ir.MappingOf(items=pairs):
            keys = _union(_Given(frozenset(_tagged(key))) for key, _ in pairs)
            return keys | _union(_given_by(item, parameters, outputs) for _, item in pairs)


def _union(found: Iterator[_Given]) -> _Given:
    result = NOTHING
    for each in found:
        result |= each
    return result


def _tagged(text: str) -> set[Function]:
    """The classes of the objects in an encoded value."""
    found: set[Function] = set()
    if not any(tag in text for tag in TAGS):
        return found

    def read(item: dict[str, Any]) -> dict[str, Any]:
        for tag in TAGS:
            if tag in item:
                found.update(_split(item[tag][0]))
        return item

    json.loads(text, object_hook=read)
    return found


def _classes_of(wanted: ir.Type) -> Iterator[Function]:
    if wanted.kind == "class":
        yield from _split(wanted.name)
    for text in wanted.values:
        yield from _tagged(text)
    for arg in wanted.args:
        yield from _classes_of(arg)


def _split(name: str) -> Iterator[Function]:
    """Of ``module:Qualname``."""
    module, colon, qualname = name.partition(":")
    if colon:
        yield module, qualname


def _is_plain(wanted: ir.Type) -> bool:
    """Whether no value of the type holds an object of the author's."""
    if wanted.kind == "class":
        return wanted.name.partition(":")[0].partition(".")[0] in PLAIN_MODULES
    if wanted.kind in PLAIN:
        return True
    return bool(wanted.args) and all(_is_plain(arg) for arg in wanted.args)
