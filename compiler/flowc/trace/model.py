"""What tracing needs to know of a decorated function, read once for each definition."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flowc import ir
from flowc.errors import AuthorError
from flowc.trace.identity import check_identity
from flowc.trace.project import real_module
from flowc.trace.types import declared_outputs, hints_of, type_of
from flowc_runtime import values

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from flowc.authoring.definition import Definition
    from flowc.authoring.step import Step

    class Keep(Protocol):
        """Makes a node of a Python value that an input is given."""

        def __call__(self, value: Any, *, title: str, name: str, where: str) -> ir.Value: ...


REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A parameter of the author's function; ``default`` is REQUIRED when there is none."""

    name: str
    type: ir.Type
    default: Any
    annotated: bool
    positional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How a definition is called, with errors in the words of the author."""

    title: str
    where: str
    arguments: tuple[Argument, ...]

    def bind(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        call: str,
        elsewhere: Collection[str] = (),
    ) -> dict[str, Any]:
        """The given values by name, in the order of the function's parameters.

        What is given ``elsewhere`` may be missing here.
        Raises AuthorError, placed at ``call``, for a missing, unknown or repeated argument.
        """
        places = [argument.name for argument in self.arguments if argument.positional]
        if len(args) > len(places):
            raise AuthorError(
                f"{self.title} takes {len(places)} positional inputs, got {len(args)}",
                where=call,
                hint=f"its inputs: {self._names() or 'none'}",
            )
        given = dict(zip(places, args, strict=False))
        for name, value in kwargs.items():
            self._check_keyword(name, given, call)
            given[name] = value
        missing = [
            argument.name
            for argument in self.arguments
            if argument.name not in given
            and argument.name not in elsewhere
            and argument.default is REQUIRED
        ]
        if missing:
            raise AuthorError(
                f"{self.title} is not given {_listed('input', missing)}",
                where=call,
                hint=f"it is defined at {self.where} with: {self._names()}",
            )
        return {
            argument.name: given[argument.name]
            for argument in self.arguments
            if argument.name in given
        }

    def left_open(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of what a call does not pass."""
        places = [argument.name for argument in self.arguments if argument.positional]
        passed = {*places[: len(args)], *kwargs}
        return tuple(item.name for item in self.arguments if item.name not in passed)

    def _check_keyword(self, name: str, given: Mapping[str, Any], call: str) -> None:
        from flowc.errors import did_you_mean

        if name in given:
            raise AuthorError(f"{self.title} is given '{name}' twice", where=call)
        known = [argument.name for argument in self.arguments]
        if name not in known:
            raise AuthorError(
                f"{self.title} has no input '{name}'",
                where=call,
                hint=did_you_mean(name, known) or f"it is defined at {self.where} without inputs",
            )

    def _names(self) -> str:
        return ", ".join(argument.name for argument in self.arguments)


def _listed(noun: str, names: Sequence[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"its {noun} {quoted}" if len(names) == 1 else f"its {noun}s {quoted}"


def signature_of(definition: Definition, hints: Mapping[str, Any]) -> Signature:
    """Raises AuthorError for ``*args`` and ``**kwargs``: inputs are recorded by name."""
    function = definition.entrypoint
    arguments: list[Argument] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise AuthorError(
                f"{definition.title} takes {parameter}, but its inputs need names",
                where=definition.where,
                hint="use a parameter of type list or dict",
            )
        arguments.append(
            Argument(
                name=name,
                type=type_of(hints[name]) if name in hints else ir.ANY,
                default=parameter.default,
                annotated=name in hints,
                positional=parameter.kind is not parameter.KEYWORD_ONLY,
            )
        )
    return Signature(title=definition.title, where=definition.where, arguments=tuple(arguments))


@dataclass(frozen=True, slots=True, kw_only=True)
class StepModel:
    """A step's signature and outputs, before its options."""

    signature: Signature
    outputs: tuple[ir.Output, ...]
    named_outputs: bool
    function: ir.Function
    doc: str


def step_model(step: Step) -> StepModel:
    """Read the step's function; raises AuthorError for what its annotation leaves open."""
    function = step.entrypoint
    hints = hints_of(function)
    signature = signature_of(step, hints)
    for argument in signature.arguments:
        if argument.name == "after":
            raise AuthorError(
                f"{step.title} has an input 'after', which means the order of steps",
                where=step.where,
                hint="give the input another name",
            )
    check_identity(function, what=step.title, where=step.where)
    module = real_module(function.__module__, function.__code__.co_filename)
    return StepModel(
        signature=signature,
        outputs=declared_outputs(function, hints, step.where),
        named_outputs="return" in function.__annotations__,
        function=ir.Function(module=module, qualname=function.__qualname__),
        doc=inspect.cleandoc(function.__doc__ or ""),
    )


def constant(value: Any, *, title: str, name: str, where: str) -> ir.Constant:
    """Raises AuthorError for a value that has no exact JSON form."""
    try:
        return ir.Constant(json=json.dumps(values.encode(value)))
    except values.NotEncodable as error:
        raise AuthorError(
            f"{title}: the value of '{name}' cannot be written into the pipeline: {error}",
            where=where,
            hint="let a step create it and pass that step's output on",
        ) from None
