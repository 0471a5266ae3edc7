"""Packs the bundle: a deterministic zip application that any Python can start."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import AuthorError, InternalError
from flowc.registry import Bundle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowc.trace.modules import Module
    from flowc_runtime.contract import PipelineSpec

SHIPPED = (
    "__init__.py", "errors.py", "hooks.py", "narrowing.py",
    "authoring", "client", "config", "stack",
)  # fmt: skip
"""The standard-library part of `flowc`: what a user's module and its hooks may import."""

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


def build_bundle(
    spec: PipelineSpec, modules: Mapping[str, Module], data: Mapping[str, bytes]
) -> Bundle:
    """``data`` holds the included files by their path below ``src/``."""
    entries = {
        **_package("flowc", SHIPPED),
        **_package("flowc_runtime", None),
        **{f"src/{path}": content for path, content in data.items()},
        **{f"src/{module.path}": module.source for module in modules.values()},
        "pipeline.json": json.dumps(spec).encode(),
    }
    entries["__main__.py"] = entries["flowc_runtime/boot.py"]
    packed = pack(entries)
    return Bundle(digest=hashlib.sha256(packed).hexdigest(), data=packed)


def included_files(patterns: Sequence[str], folder: Path, root: Path) -> dict[str, bytes]:
    """Files that match glob ``patterns`` in ``folder``, by their path relative to ``root``.

    Raises AuthorError for a pattern that matches nothing or leaves the import root.
    """
    found: dict[str, bytes] = {}
    for pattern in patterns:
        if Path(pattern).is_absolute():
            raise AuthorError(f"include: '{pattern}' is absolute", hint="name it from the file")
        matches = sorted(path for path in folder.glob(pattern) if path.is_file())
        matches = [path for path in matches if "__pycache__" not in path.parts]
        if not matches:
            raise AuthorError(
                f"include: nothing matches '{pattern}' in {folder}",
                hint="patterns start in the folder of the pipeline's file",
            )
        for path in matches:
            if not path.resolve().is_relative_to(root):
                raise AuthorError(
                    f"include: '{path}' lies outside of {root}, the folder of the code",
                    hint="move it beside the code that reads it",
                )
            found[path.resolve().relative_to(root).as_posix()] = path.read_bytes()
    return found


def _package(name: str, parts: tuple[str, ...] | None) -> dict[str, bytes]:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise InternalError(f"the package {name} has no files")
    folder = Path(next(iter(spec.submodule_search_locations)))
    return {
        f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*.py"))
        if parts is None or path.relative_to(folder).parts[0] in parts
    }


def pack(entries: Mapping[str, bytes]) -> bytes:
    """A deterministic zip.

    Stored, not deflated: zlib's versions compress differently, and importing is quicker.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, entries[name])
    return buffer.getvalue()
