"""What a run configuration changes: options of the pipeline, and of invocations by their id.

A key of ``steps`` is an invocation id, or the name of a step and then meant for each of its
invocations. Where both fit, what stands under the id beats what stands under the name.
"""

from __future__ import annotations

import copy
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowc.authoring.configuration import merge
from flowc.authoring.secrets import Secret
from flowc.errors import AuthorError, FlowcError, did_you_mean, raise_all
from flowc.trace.types import type_spec
from flowc_runtime import values

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from flowc import ir
    from flowc.authoring.pipeline import Pipeline
    from flowc.trace.model import Argument, Signature
    from flowc.trace.problems import Problems
    from flowc_runtime.contract import TypeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A plain value or a secret, and the ``file:line`` where it stands."""

    value: Any
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepConfiguration:
    """What stands under one key of ``steps``; ``outputs`` are those that it gives materializers.

    ``options`` are checked already, ``parameters`` and ``outputs`` wait for the step's signature,
    ``components`` for the stack: these are the places of what is said of them, by kind.
    """

    where: str
    components: Mapping[str, str] = field(default_factory=dict[str, str])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    parameters: Mapping[str, Given] = field(default_factory=dict[str, Given])
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A run configuration; ``places`` are those of ``options``.

    ``errors`` are what is wrong in ``file`` by itself, and left out here. It is ``partial`` when
    parameters or substitutions were, on which the rest of the file may lean.
    """

    file: str = ""
    errors: Sequence[FlowcError] = ()
    partial: bool = False

    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    places: Mapping[str, str] = field(default_factory=dict[str, str])
    parameters: Mapping[str, Given] = field(default_factory=dict[str, Given])
    steps: Mapping[str, StepConfiguration] = field(default_factory=dict[str, StepConfiguration])

    def configured(self, pipeline: Pipeline) -> Pipeline:
        """A copy of the pipeline with the options of this configuration."""
        changed = copy.copy(pipeline)
        changed.options = merge(pipeline.options, self.options)
        return changed

    def of(self, invocation: str, step: str) -> list[StepConfiguration]:
        """What is meant for an invocation, what beats the rest last."""
        keys = dict.fromkeys((step, invocation))
        return [self.steps[key] for key in keys if key in self.steps]

    def step_options(self, options: Mapping[str, Any], invocation: str, step: str) -> Any:
        """``options`` are those of the code: the step's own over the pipeline's."""
        if "enable_cache" in self.options:
            options = {**options, "enable_cache": self.options["enable_cache"]}
        for configuration in self.of(invocation, step):
            options = merge(options, configuration.options)
        return options

    def blamed(self, error: AuthorError, invocation: str, step: str) -> AuthorError:
        """What is wrong with a component, at the place in the file that says it, if one does."""
        where = error.where
        for configuration in self.of(invocation, step):
            for kind, place in configuration.components.items():
                where = place if kind in error.message else where
        return AuthorError(error.message, where=where, hint=error.hint)

    def check_steps(self, invocations: Mapping[str, str]) -> None:
        """``invocations`` are the pipeline's, each with the name of its step.

        Raises AuthorError for a key of ``steps`` that is neither.
        """
        known = {*invocations, *invocations.values()}
        unknown: list[FlowcError] = [
            AuthorError(
                f"'{key}' is neither an invocation of this pipeline nor a step of it",
                where=configuration.where,
                hint=_nearest(key, list(invocations), known),
            )
            for key, configuration in self.steps.items()
            if key not in known
        ]
        raise_all(unknown)


EMPTY = Configuration()


def _nearest(key: str, invocations: Sequence[str], known: set[str]) -> str:
    listed = f"its invocations: {', '.join(invocations)}"
    guess = did_you_mean(key, sorted(known))
    return f"{guess} {listed}" if guess.startswith("did") else listed


@contextmanager
def placed(where: str) -> Generator[None, None, None]:
    """What is wrong inside is wrong at ``where``."""
    try:
        yield
    except AuthorError as error:
        raise AuthorError(error.message, where=where, hint=error.hint) from None


def with_inputs(
    signature: Signature,
    configurations: Sequence[StepConfiguration],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    call: str,
    problems: Problems,
) -> dict[str, Any]:
    """``kwargs`` and what the configuration says of inputs that the call leaves open.

    A problem is an input that does not exist, a value that does not fit its annotation, and
    another value than the call's, at ``call``.
    """
    chosen: dict[str, Given] = {}
    for configuration in configurations:
        chosen.update(configuration.parameters)
    arguments = {argument.name: argument for argument in signature.arguments}
    places = [argument.name for argument in signature.arguments if argument.positional]
    in_code = {**dict(zip(places, args, strict=False)), **kwargs}
    added: dict[str, Any] = {}
    for name, given in chosen.items():
        with problems.collected():
            if name not in arguments:
                raise AuthorError(
                    f"{signature.title} has no input '{name}'",
                    where=given.where,
                    hint=did_you_mean(name, list(arguments)) or "it takes none",
                )
            value = _read(signature, arguments[name], given)
            if name not in in_code:
                added[name] = value
            elif not same_value(value, in_code[name]):
                raise AuthorError(
                    f"{signature.title}: '{name}' is {given.value!r} here, "
                    f"and the call at {call} passes {in_code[name]!r}",
                    where=given.where,
                    hint="take one of the two away",
                )
    return {**kwargs, **added}


def _read(signature: Signature, argument: Argument, given: Given) -> Any:
    from flowc.trace.tracer import check_secret

    title, name = signature.title, argument.name
    if type(given.value) is Secret:
        check_secret(given.value, argument.type, title=title, name=name, where=given.where)
        return given.value

    wanted: TypeSpec = type_spec(argument.type)
    try:
        return values.parse(json.dumps(values.plain(given.value)), wanted, name)
    except values.BadValue as error:
        raise AuthorError(f"{title}: {error}", where=given.where) from None


def same_value(value: Any, other: Any) -> bool:
    if type(value) is Secret or type(other) is Secret:
        return type(value) is type(other) and bool(value == other)
    try:
        return bool(values.encode(value) == values.encode(other))
    except values.NotEncodable:
        return False


def pipeline_values(
    configuration: Configuration,
    title: str,
    types: Mapping[str, ir.Type],
    check: Callable[[str, Given], None],
    problems: Problems,
) -> dict[str, Given]:
    """The pipeline's parameters as they stand in the file, those that ``check`` lets pass.

    A problem is what it raises, and a parameter that does not exist.
    """
    sound: dict[str, Given] = {}
    for name, given in configuration.parameters.items():
        with problems.collected():
            if name not in types:
                raise AuthorError(
                    f"{title} has no parameter '{name}'",
                    where=given.where,
                    hint=did_you_mean(name, list(types)) or "it takes none",
                )
            check(name, given)
            sound[name] = given
    return sound
