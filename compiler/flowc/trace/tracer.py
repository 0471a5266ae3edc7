"""Calls the pipeline function once and records the invocations it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.configuration import merge
from flowc.authoring.handles import (
    InvocationHandle,
    OutputHandle,
    Outputs,
    ParameterHandle,
    PipelineHandle,
    author_location,
)
from flowc.authoring.hooks import STEP_EVENTS
from flowc.authoring.schedule import RunTime
from flowc.authoring.secrets import Secret
from flowc.errors import AuthorError
from flowc.narrowing import is_dict, is_sequence
from flowc.trace import project
from flowc.trace.configuration import EMPTY, Configuration, with_inputs
from flowc.trace.fitting import accepts, fits, takes_text
from flowc.trace.materializers import check_outputs, with_materializers
from flowc.trace.model import (
    REQUIRED,
    Signature,
    StepModel,
    constant,
    signature_of,
    step_model,
)
from flowc.trace.order import After, AfterReader, check_owner
from flowc.trace.problems import Problems
from flowc.trace.types import hints_of, type_spec
from flowc_runtime import values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flowc.authoring.definition import Definition
    from flowc.authoring.pipeline import Pipeline
    from flowc.authoring.step import Step
    from flowc.trace.model import Keep

INHERITED = (
    "cache_policy",
    "enable_artifact_metadata",
    "enable_cache",
    "retry",
    "settings",
    "infrastructure_retries",
    *STEP_EVENTS,
)
"""Options of a pipeline that its steps take over unless they say otherwise."""

MAX_DEPTH = 100
"""Nesting of pipelines or of containers, far beyond any real one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A recorded invocation, before its order and configuration are settled.

    ``open`` are the inputs that the call itself does not pass, ``inherited`` those of the options
    that come from pipelines.
    """

    step: ir.Step
    open: tuple[str, ...]
    options: Mapping[str, Any]
    inherited: Mapping[str, Any]
    data: tuple[str, ...]
    after: tuple[After, ...]


@dataclass(slots=True)
class Scope:
    """The pipeline whose function is running: its prefix for ids, and what its steps inherit."""

    prefix: str
    options: Mapping[str, Any]
    folder: Path
    after: tuple[After, ...] = ()


class Tracer:
    """Collects calls; nested pipelines are inlined under their name as prefix."""

    def __init__(
        self,
        root: Path,
        configuration: Configuration = EMPTY,
        keep: Keep = constant,
        problems: Problems | None = None,
    ) -> None:
        self.root = root
        self.problems = Problems() if problems is None else problems
        self.configuration = configuration
        self._keep = keep
        self.calls: dict[str, Call] = {}
        self.nested: dict[str, Pipeline] = {}
        self._taken: dict[str, int] = {}  # by id, the number that was last added to it
        self._scopes: list[Scope] = []
        self._models: dict[Callable[..., Any], StepModel] = {}
        self._signatures: dict[Callable[..., Any], Signature] = {}
        self._upstream: list[str] = []

    def run(self, pipeline: Pipeline, arguments: Mapping[str, Any]) -> None:
        """Call the pipeline's function with ``arguments``."""
        options = {name: pipeline.options[name] for name in INHERITED if name in pipeline.options}
        self._scopes.append(Scope("", options, folder_of(pipeline)))
        pipeline.entrypoint(**arguments)

    def run_step(self, step: Step, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Record one call of a step, outside of any pipeline."""
        self._scopes.append(Scope("", {}, folder_of(step)))
        self.call_step(step, args, kwargs)

    def call_pipeline(
        self, pipeline: Pipeline, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> object:
        where = author_location()
        rest = dict(kwargs)
        signature = self._signature(pipeline)
        known = {argument.name for argument in signature.arguments}
        explicit = _explicit_id(rest, known, pipeline.title, where)
        after = None if "after" in known else rest.pop("after", None)
        _check_nested(pipeline, where)
        given = signature.bind(args, rest, call=where)
        for argument in signature.arguments:
            if argument.name in given:
                value = given[argument.name]
                self._check_type(pipeline.title, argument.name, argument.type, value, where)
            elif isinstance(argument.default, RunTime):
                raise AuthorError(
                    f"{pipeline.title} is not given its input '{argument.name}', and only the "
                    f"pipeline that is run knows its {argument.default!r}",
                    where=where,
                    hint="give the outer pipeline such a parameter, and pass it on",
                )
        outer = self._scopes[-1]
        order = (*outer.after, *self._after(after, pipeline.title, where))
        name = self._new_id(outer, explicit or pipeline.name, explicit=bool(explicit), where=where)
        if len(self._scopes) > MAX_DEPTH:
            raise AuthorError(f"{pipeline.title} is nested too deeply, or in itself", where=where)
        self.nested[name] = pipeline
        folder = folder_of(pipeline)
        own = {key: pipeline.options[key] for key in INHERITED if key in pipeline.options}
        inherited = merge(outer.options, self._anchored(own, folder))
        self._scopes.append(Scope(f"{name}.", inherited, folder, order))
        try:
            returned = pipeline.entrypoint(**given)
        finally:
            self._scopes.pop()
        return PipelineHandle(name, self) if returned is None else returned

    def _anchored(self, options: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
        """With the files that docker settings name, relative to the pipeline's file, found."""
        docker = options.get("settings", {}).get("docker")
        if folder == self._scopes[0].folder or not is_dict(docker):
            return options
        files = {
            key: str(folder / docker[key])
            for key in ("dockerfile", "requirements")
            if isinstance(docker.get(key), str) and docker[key].strip()
        }
        return merge(options, {"settings": {"docker": files}})

    def call_step(self, step: Step, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
        where = author_location()
        model = self._model(step)
        rest = dict(kwargs)
        known = {argument.name for argument in model.signature.arguments}
        explicit = _explicit_id(rest, known, step.title, where)
        after = rest.pop("after", None)
        scope = self._scopes[-1]
        step_id = self._new_id(scope, explicit or step.name, explicit=bool(explicit), where=where)
        left_open = model.signature.left_open(args, rest)
        configured = self.configuration.of(step_id, step.name)
        if configured:
            rest = with_inputs(model.signature, configured, args, rest, where, self.problems)
        if self.problems:
            rest = self._with_stand_ins(model.signature, args, rest)
        given = model.signature.bind(args, rest, call=where)
        self._upstream = []
        inputs = self._inputs(model, given, where)
        order = (*scope.after, *self._after(after, step.title, where))
        places: dict[str, str] = {}
        for configuration in configured:
            with self.problems.collected():
                check_outputs(step.title, configuration.outputs, model.outputs)
            places.update(configuration.outputs)
        options = merge(scope.options, self._anchored(step.options, scope.folder))
        options = self.configuration.step_options(options, step_id, step.name)
        chosen: dict[str, Any] = {}
        if not self.problems:
            chosen = options.get("output_materializers", chosen)
        outputs = with_materializers(step, model.outputs, chosen, places)
        file, _, line = where.rpartition(":")
        code = step.entrypoint.__code__
        node = ir.Step(
            id=step_id,
            name=step.name,
            function=model.function,
            location=project.location(file, int(line), self.root),
            defined=project.location(code.co_filename, code.co_firstlineno, self.root),
            doc=model.doc,
            inputs=inputs,
            outputs=outputs,
        )
        self.calls[step_id] = Call(
            step=node,
            open=left_open,
            options=options,
            inherited=scope.options,
            data=tuple(self._upstream),
            after=order,
        )
        return self._handles(step_id, model)

    def _with_stand_ins(
        self, signature: Signature, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """``kwargs`` and something for inputs that may only lack what is wrong in the file."""
        lacking = {arg.name for arg in signature.arguments if arg.default is REQUIRED}
        lacking.intersection_update(signature.left_open(args, kwargs))
        return {**kwargs, **{name: ParameterHandle(name, self) for name in lacking}}

    def _handles(self, step_id: str, model: StepModel) -> object:
        if not model.outputs:
            return InvocationHandle(step_id, self)
        handles = tuple(
            OutputHandle(step_id, output.name, self, unnamed=not model.named_outputs)
            for output in model.outputs
        )
        return handles[0] if len(handles) == 1 else Outputs(handles)

    def _model(self, step: Step) -> StepModel:
        function = step.entrypoint
        if function not in self._models:
            self._models[function] = step_model(step)
        return self._models[function]

    def _signature(self, definition: Definition) -> Signature:
        function = definition.entrypoint
        if function not in self._signatures:
            self._signatures[function] = signature_of(definition, hints_of(function))
        return self._signatures[function]

    def _new_id(self, scope: Scope, name: str, *, explicit: bool, where: str) -> str:
        """``name``, ``name_2``, … below the scope's prefix; an explicit one must be free."""
        wanted = scope.prefix + name
        if explicit and wanted in self._taken:
            raise AuthorError(
                f"the invocation id '{wanted}' is taken",
                where=where,
                hint="give each call an id of its own, or none",
            )
        found, number = wanted, self._taken.get(wanted, 1)
        while found in self._taken:
            number += 1
            found = f"{wanted}_{number}"
        self._taken[wanted] = number
        self._taken.setdefault(found, 1)
        return found

    def _inputs(
        self, model: StepModel, given: Mapping[str, Any], where: str
    ) -> tuple[ir.Input, ...]:
        inputs: list[ir.Input] = []
        title = model.signature.title
        for argument in model.signature.arguments:
            if argument.name in given:
                self._check_type(title, argument.name, argument.type, given[argument.name], where)
                value = self._value(given[argument.name], title, argument.name, where)
            elif _holds_symbolic(argument.default):  # secrets
                self._check_type(title, argument.name, argument.type, argument.default, where)
                value = self._value(argument.default, title, argument.name, where)
            elif argument.default is not REQUIRED and _encodable(argument.default):
                if argument.default is not None:  # ``x: int = None`` is a habit of many
                    place = model.signature.where
                    self._check_type(title, argument.name, argument.type, argument.default, place)
                value = self._keep(argument.default, title=title, name=argument.name, where=where)
            else:
                continue  # the function's own default; its code digest tells a change
            inputs.append(ir.Input(name=argument.name, type=argument.type, value=value))
        return tuple(inputs)

    def _check_type(self, title: str, name: str, wanted: ir.Type, value: Any, where: str) -> None:
        if type(value) is Secret:
            check_secret(value, wanted, title=title, name=name, where=where)
            return
        got = f"got {value!r:.200}"
        if isinstance(value, OutputHandle) and value.owner is self:
            made = self._made(value)
            if fits(wanted, made):
                return
            got = f"and {value!r} is {values.type_text(type_spec(made))}"
        elif _is_symbolic(value) or accepts(wanted, value):
            return
        raise AuthorError(
            f"{title}: '{name}' wants {values.type_text(type_spec(wanted))}, {got}", where=where
        )

    def _made(self, handle: OutputHandle) -> ir.Type:
        outputs = self.calls[handle.step].step.outputs
        return next((each.type for each in outputs if each.name == handle.output), ir.ANY)

    def _value(  # noqa: PLR0911 - one for each form
        self, value: Any, title: str, name: str, where: str
    ) -> ir.Value:
        match value:
            case ParameterHandle():
                check_owner(value, self, where)
                return ir.ParameterRef(name=value.name)
            case Secret():
                return ir.SecretRef(name=value.name, key=value.key)
            case OutputHandle():
                check_owner(value, self, where)
                self._upstream.append(value.step)
                return ir.OutputRef(step=value.step, output=value.output)
            case InvocationHandle():
                raise AuthorError(
                    f"{title}: '{name}' is given step '{value.step}', which has no output",
                    where=where,
                    hint=f"annotate the return value of '{value.step}', or use after=",
                )
            case PipelineHandle():
                raise AuthorError(
                    f"{title}: '{name}' is given pipeline '{value.name}', which returns nothing",
                    where=where,
                    hint="return the outputs of its steps that others need, or use after=",
                )
            case Outputs():
                return self._sequence("tuple", list(value), title, name, where)
            case _ if not _holds_symbolic(value):
                return self._keep(value, title=title, name=name, where=where)
            case _ if is_dict(value):
                return self._mapping(value, title, name, where)
            case _:
                return self._sequence(type(value).__name__, value, title, name, where)

    def _sequence(
        self, kind: str, items: Sequence[Any], title: str, name: str, where: str
    ) -> ir.SequenceOf:
        parts = tuple(
            self._value(item, title, f"{name}[{index}]", where) for index, item in enumerate(items)
        )
        return ir.SequenceOf(kind=kind, items=parts)

    def _mapping(
        self, items: Mapping[Any, Any], title: str, name: str, where: str
    ) -> ir.MappingOf:
        return ir.MappingOf(
            items=tuple(
                (
                    constant(key, title=title, name=f"a key of {name}", where=where).json,
                    self._value(item, title, f"{name}[{key!r}]", where),
                )
                for key, item in items.items()
            )
        )

    def _after(self, after: Any, title: str, where: str) -> tuple[After, ...]:
        """What an invocation is told to follow, or all those of a nested pipeline."""
        if after is None:
            return ()
        reader = AfterReader(self, self._scopes[-1].prefix, title, where)
        return tuple(reader.read(after))


def folder_of(definition: Definition) -> Path:
    """Where files are that the definition names."""
    return Path(definition.entrypoint.__code__.co_filename).parent


def _explicit_id(rest: dict[str, Any], known: set[str], title: str, where: str) -> str:
    """The invocation id that the call gives; ``id`` may be an input of the function itself."""
    given = [rest.pop(word) for word in ("id", "step_name") if word not in known and word in rest]
    if len(given) > 1:
        raise AuthorError(f"{title} is given both id and step_name", where=where)
    if not given or given[0] is None:
        return ""
    if not isinstance(given[0], str) or not given[0].strip():
        raise AuthorError(f"{title}: an invocation id is a text, got {given[0]!r}", where=where)
    return given[0]


def _check_nested(pipeline: Pipeline, where: str) -> None:
    if "config_path" in pipeline.options:
        raise AuthorError(
            f"{pipeline.title} has a config_path of its own, and is called inside another one",
            where=where,
            hint="call the pipeline without it, and configure its steps from the outer one's file",
        )


def check_secret(value: Secret, wanted: ir.Type, *, title: str, name: str, where: str) -> None:
    """Raises AuthorError where no text is wanted."""
    if not takes_text(wanted):
        raise AuthorError(
            f"{title}: '{name}' wants {values.type_text(type_spec(wanted))}, "
            f"and {value!r} is a text",
            where=where,
            hint="annotate it str, and make of the text what is needed inside the step",
        )


_HANDLES = (ParameterHandle, OutputHandle, InvocationHandle, PipelineHandle, Outputs, Secret)


def _is_symbolic(value: Any) -> bool:
    return type(value) in _HANDLES


def _holds_symbolic(value: Any, depth: int = 0) -> bool:
    if _is_symbolic(value):
        return True
    items: Iterable[Any] = ()
    if type(value) in (list, tuple) and is_sequence(value):
        items = value
    elif is_dict(value):
        items = value.values()
    # a list that holds itself is refused when it is encoded
    return depth < MAX_DEPTH and any(_holds_symbolic(item, depth + 1) for item in items)


def _encodable(value: Any) -> bool:
    try:
        values.encode(value)
    except values.NotEncodable:
        return False
    return True
