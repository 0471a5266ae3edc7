"""What a build directory tells of the pipeline it was made from, beside the engine's files.

    ir.json      the IR, as the backend got it
    build.json   the rest: the specification, the options, the author's modules, the hooks' code

`flowc diff` reads both. An engine needs neither.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc.driver.build_directory import MANIFEST
from flowc.errors import AuthorError
from flowc.ir.json import from_json, to_json
from flowc.narrowing import is_dict, is_tuple
from flowc.passes.code import digest_objects
from flowc.passes.code_table import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc.driver.front import Front
    from flowc.registry import EmitOptions

IR = "ir.json"
RECORD = "build.json"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A compiled pipeline. ``name`` is what the reader calls it: its folder.

    ``options`` are those of `registry.EmitOptions`. ``functions`` are parts of the hooks' code, by
    ``module:Qualname``; ``modules`` digests of the author's files.
    """

    name: str
    manifest: Mapping[str, Any]
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


def read_build(folder: str) -> Build:
    """Raises AuthorError for what is no build directory, and for one that was changed."""
    path = Path(folder)
    manifest = _read_manifest(path)
    texts = {name: _read(path, name, manifest["files"]) for name in (IR, RECORD)}
    return _parse(folder, manifest, texts)


def _read_manifest(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        raise _not_a_build(path, "it is a file" if path.exists() else "it is not there")
    try:
        manifest: Any = json.loads((path / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise _not_a_build(path, f"it has no {MANIFEST}") from None
    except (OSError, ValueError):
        manifest = None
    kinds = {"flowc": str, "pipeline": str, "target": str, "files": dict}
    if not is_dict(manifest) or any(type(manifest.get(key)) is not kinds[key] for key in kinds):
        raise _not_a_build(path, f"its {MANIFEST} is not one of flowc's")
    return manifest


def _parse(folder: str, manifest: dict[str, Any], texts: Mapping[str, bytes]) -> Build:
    try:
        record: Any = json.loads(texts[RECORD])
    except ValueError:
        record = None
    version = record.get("flowc_build") if is_dict(record) else None
    if version != VERSION:
        raise AuthorError(
            f"the build in '{folder}' has a {RECORD} of version {version!r}; this flowc reads "
            f"version {VERSION}",
            hint=_AGAIN,
        )
    try:
        return Build(
            name=folder,
            manifest=manifest,
            pipeline=from_json(texts[IR].decode()),
            spec=record["specification"],
            options=record["options"],
            functions=record["functions"],
            modules=record["modules"],
        )
    except AuthorError as error:
        raise AuthorError(f"the build in '{folder}': {error.message}", hint=_AGAIN) from None


def _read(path: Path, name: str, listed: Mapping[str, Any]) -> bytes:
    if name not in listed:
        raise AuthorError(
            f"the build in '{path}' has no {name}: an earlier flowc compiled it", hint=_AGAIN
        )
    try:
        data = (path / name).read_bytes()
    except OSError as error:
        raise AuthorError(f"{path / name}: {error.strerror}", hint=_AGAIN) from None
    if _digest(data) != listed[name]:
        raise AuthorError(
            f"{path / name} is not what was compiled: it has been changed since", hint=_AGAIN
        )
    return data


_AGAIN = "compile the pipeline again"


def _not_a_build(folder: Path, why: str) -> AuthorError:
    return AuthorError(
        f"'{folder}' is no build directory: {why}",
        hint="name a folder that `flowc compile ... --out DIR` has written",
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
