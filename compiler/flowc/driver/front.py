"""The way that every use of a pipeline shares: trace, check, lower, pack."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.handles import author_location
from flowc.authoring.imported import calls_left_out
from flowc.driver.bundle import build_bundle, included_files
from flowc.driver.configuration import read_configuration
from flowc.driver.stacks import stacks_of
from flowc.errors import raise_all
from flowc.ir.verify import verify
from flowc.passes.code import digest_code, digest_objects
from flowc.passes.secrets import check_secrets
from flowc.passes.specification import Counted, counted_objects, lower_to_spec
from flowc.registry import Bundle
from flowc.trace import import_root, module_name, project_root, trace_pipeline
from flowc.trace.configuration import placed
from flowc.trace.model import signature_of
from flowc.trace.modules import reach
from flowc.trace.project import is_first_party, relative
from flowc.trace.types import hints_of
from flowc_runtime.values import objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from flowc.authoring.pipeline import Pipeline
    from flowc.passes.code import Code
    from flowc.trace.modules import Module
    from flowc_runtime.contract import PipelineSpec

NO_BUNDLE = Bundle(digest="", data=b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """A pipeline that is ready for a backend.

    ``modules`` are the author's; ``import_paths`` the folders that they are imported from, on this
    machine.
    ``notes`` tell what the author should know; ``uncached`` says of steps why they cannot be
    cached, by id.
    """

    pipeline: ir.Pipeline
    spec: PipelineSpec
    bundle: Bundle
    modules: Mapping[str, Module]
    import_paths: tuple[str, ...]
    notes: tuple[str, ...]
    uncached: Mapping[str, str]


def bind_call(
    pipeline: Pipeline, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """What a call from Python passes; it may leave to a file what that holds."""
    signature = signature_of(pipeline, hints_of(pipeline.entrypoint))
    configuration = read_configuration(pipeline)
    if configuration.partial:
        raise_all([*configuration.errors])
    elsewhere = configuration.parameters
    return signature.bind(args, kwargs, call=author_location(), elsewhere=elsewhere)


def prepare(
    pipeline: Pipeline,
    *,
    typed: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    config: str = "",
    stack: str = "",
    named: bool = False,
) -> Front:
    """``config`` is a YAML file that takes the place of the pipeline's own.

    ``stack`` names one of the stacks of the pipeline's project; without it the active one.
    """
    traced = trace_pipeline(
        pipeline,
        typed=typed,
        given=given,
        configuration=read_configuration(pipeline, config),
        stack=stacks_of(pipeline).choose(stack),
    )
    return complete(traced, pipeline.entrypoint.__code__.co_filename, named=named)


def complete(traced: ir.Pipeline, source: str, *, named: bool = False) -> Front:
    """The rest of the way for what was traced out of the file ``source``.

    Whether runs are ``named`` inside containers, by whichever of them comes first; where a driver
    names them, the name stays out of the bundle.
    """
    entries = _entries(source, traced)
    modules = reach(entries)
    traced, codes = digest_code(traced, modules)
    objects = _object_codes(traced, modules)
    traced, uncached = _uncache(traced, codes, objects)
    verify(traced)
    check_secrets(traced)
    data = _data(traced, project_root(source))
    nameless = traced if named else replace(traced, run_name="")
    spec = lower_to_spec(nameless, Counted(steps=codes, objects=objects, included=data))
    places = _places(modules.values(), project_root(source))
    if places:
        spec["places"] = places
    return Front(
        pipeline=traced,
        spec=spec,
        # A step that is called on its own never leaves this machine.
        bundle=NO_BUNDLE if traced.unlisted else build_bundle(spec, modules, data),
        modules=modules,
        import_paths=tuple(dict.fromkeys(str(import_root(path)) for path in entries.values())),
        notes=(
            *traced.notes,
            *_left_out(project_root(source)),
            *(f"step '{id_}' is not cached: {why}" for id_, why in uncached.items()),
        ),
        uncached=uncached,
    )


def _left_out(root: Path) -> Iterator[str]:
    for title, where in dict.fromkeys(calls_left_out()):
        file, _, line = where.rpartition(":")
        place = f"{relative(file, root)}:{line}"
        yield f"{place}: {title} is called while it is imported; that call is left out"


def _places(modules: Iterable[Module], root: Path) -> dict[str, str]:
    """Where modules lie in the project, if that is not where they lie in the bundle."""
    inside = (module for module in modules if module.file.resolve().is_relative_to(root))
    found = {module.path: relative(str(module.file), root) for module in inside}
    return {path: place for path, place in found.items() if place != path}


def _data(traced: ir.Pipeline, root: Path) -> dict[str, bytes]:
    """The included files of the pipeline and of those nested in it."""
    found: dict[str, bytes] = {}
    for each in traced.include:
        file = root / each.file
        place = traced.location if each.file == traced.location.file else each.file
        with placed(str(place)):
            found.update(included_files((each.pattern,), file.parent, import_root(str(file))))
    return found


def _object_codes(pipeline: ir.Pipeline, modules: Mapping[str, Module]) -> dict[str, Code]:
    """The code of what counts beside the steps: the author's own materializers, the objects and
    key functions of cache policies; by ``module:Qualname``.
    """
    names = sorted({name for step in pipeline.steps for name in counted_objects(step)})
    split = {name: tuple(name.split(":", 1)) for name in names}
    own = {name: (where[0], where[1]) for name, where in split.items() if where[0] in modules}
    if not own:
        return {}
    title = f"{pipeline.location.file}:{pipeline.name}:objects"
    codes = digest_objects(title, own.values(), modules)
    return {name: codes[where] for name, where in own.items()}


def _uncache(
    pipeline: ir.Pipeline, codes: Mapping[str, Code], objects: Mapping[str, Code]
) -> tuple[ir.Pipeline, dict[str, str]]:
    """Steps whose code does not tell what they will do are executed each time; why, by id."""
    steps: list[ir.Step] = []
    uncached: dict[str, str] = {}
    for step in pipeline.steps:
        counted = [codes[step.id], *(objects[it] for it in counted_objects(step) if it in objects)]
        whys = [code.uncacheable for code in counted if code.uncacheable and step.cache]
        steps.append(replace(step, cache=False) if whys else step)
        if whys:
            uncached[step.id] = "; ".join(whys)
    return replace(pipeline, body=replace(pipeline.body, nodes=tuple(steps))), uncached


def _referred(traced: ir.Pipeline) -> Iterator[str]:
    """The classes and functions behind values that were stored before the run."""
    for step in traced.steps:
        for item in step.inputs:
            if isinstance(item.value, ir.Artifact):
                yield from item.value.refers


def _entries(file: str, traced: ir.Pipeline) -> dict[str, str]:
    """The files of the pipeline, of every step and of their hooks, by module name."""
    entries = {module_name(file): file}
    named = [step.function.module for step in traced.steps]
    named += [hook.function.module for step in traced.steps for hook in step.hooks]
    named += [hook.function.module for hook in traced.hooks]
    named += [name.partition(":")[0] for step in traced.steps for name in counted_objects(step)]
    named += [name.partition(":")[0] for name in _referred(traced)]
    script = objects.main_name()
    for name in dict.fromkeys(named):
        module = "__main__" if name not in sys.modules and name == script else name
        known = getattr(sys.modules.get(module), "__file__", None)
        if name in entries or name.partition(".")[0] == "flowc":
            continue
        if known and is_first_party(known):
            entries[name] = known
    return entries
