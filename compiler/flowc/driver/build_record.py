"""What a build directory tells of the pipeline it was made from, beside the engine's files.

    ir.json      the IR, as the backend got it
    build.json   the rest: the specification, the options, the author's modules, the hooks' code

`flowc diff` reads both. An engine needs neither.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from flowc.deploying import IR, RECORD
from flowc.driver.build_directory import AGAIN
from flowc.errors import AuthorError
from flowc.ir.json import from_json, to_json
from flowc.narrowing import is_dict, is_tuple
from flowc.passes.code import digest_objects
from flowc.passes.code_table import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc.deploying import Build
    from flowc.driver.front import Front
    from flowc.registry import EmitOptions

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A build, read to the end.

    ``options`` are those of `registry.EmitOptions`. ``functions`` are parts of the hooks' code, by
    ``module:Qualname``; ``modules`` digests of the author's files.
    """

    build: Build
    pipeline: ir.Pipeline
    spec: Any
    options: Mapping[str, Any]
    functions: Mapping[str, Any]
    modules: Mapping[str, str]


def record_files(front: Front, options: EmitOptions) -> dict[str, bytes]:
    """The files to put into the build directory."""
    record = {
        "flowc_build": VERSION,
        "specification": front.spec,
        "options": {
            field.name: _plain(getattr(options, field.name))
            for field in fields(options)
            if field.name not in {"bundle", "spec"}
        },
        "functions": _hook_code(front),
        "modules": {
            front.spec.get("places", {}).get(module.path, module.path): _digest(module.source)
            for module in front.modules.values()
        },
    }
    text = json.dumps(record, sort_keys=True) + "\n"
    return {IR: to_json(front.pipeline).encode(), RECORD: text.encode()}


def read_record(build: Build) -> Record:
    """Raises AuthorError for a build of another version of flowc."""
    for name in (IR, RECORD):
        if name not in build.files:
            raise AuthorError(
                f"the build in '{build.name}' has no {name}: an earlier flowc compiled it",
                hint=AGAIN,
            )
    try:
        record: Any = json.loads(build.files[RECORD])
    except ValueError:
        record = None
    version = record.get("flowc_build") if is_dict(record) else None
    if version != VERSION:
        raise AuthorError(
            f"the build in '{build.name}' has a {RECORD} of version {version!r}; this flowc reads "
            f"version {VERSION}",
            hint=AGAIN,
        )
    try:
        pipeline = from_json(build.files[IR].decode())
    except AuthorError as error:
        raise AuthorError(f"the build in '{build.name}': {error.message}", hint=AGAIN) from None
    return Record(
        build=build,
        pipeline=pipeline,
        spec=record["specification"],
        options=record["options"],
        functions=record["functions"],
        modules=record["modules"],
    )


def _hook_code(front: Front) -> dict[str, list[list[str]]]:
    """What the author's hooks are made of, in the form of `keys.code_parts`.

    No step's key counts them, but they are code of the pipeline all the same.
    """
    pipeline, modules = front.pipeline, front.modules
    every = [*pipeline.hooks, *(hook for step in pipeline.steps for hook in step.hooks)]
    wanted = {(hook.function.module, hook.function.qualname) for hook in every}
    own = sorted(where for where in wanted if where[0] in modules)
    if not own:
        return {}
    title = f"{pipeline.location.file}:{pipeline.name}:hooks"
    codes = digest_objects(title, own, modules)
    return {":".join(where): rows(codes[where].parts) for where in own}


def _plain(value: Any) -> Any:
    if is_tuple(value):
        return [_plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
