"""Containers that hold arrays, frames or files: a zip of one JSON and one member for each.

``value.json`` is the encoded container with ``{"$blob": "0.npy"}`` where member ``0.npy`` belongs.
Members are not compressed and lie at multiples of 64, so that arrays can be mapped in place; one
object that is referred to twice is one member, and one object again when it is read.
"""

from __future__ import annotations

import io
import json
import zipfile

from flowc_runtime import values
from flowc_runtime.materializers import leaves, pickles, reader_of, zips
from flowc_runtime.materializers.leaves import Format, LoadError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from flowc_runtime.contract import Json
    from flowc_runtime.materializers.leaves import Blob

_LOCAL_HEADER = 30
_FRAMES = frozenset(["pandas@1", "polars@1", "polars-series@1"])
_INDEX = "value.json"
_FORMATS = {
    "bin": "bytes@1",
    "npy": "numpy@1",
    "tar": "path@1",
    "pandas.parquet": "pandas@1",
    "polars.parquet": "polars@1",
    "series.parquet": "polars-series@1",
    "pickle": "pickle@1",
}


def save(encoded: Json, blobs: list[Blob], path: str) -> str:
    """Write a container that was encoded by a Collector, and its blobs."""
    with open(path, "w+b") as file:
        archive = zips.Zip(file)
        for position, blob in enumerate(blobs):
            _add(archive, position, blob)
        # Only now do the references say what the members are called.
        text = values.dumps(encoded).encode("ascii")
        archive.add(_INDEX, lambda entry: entry.write(text))
        archive.close()
    return "tree@1"


def read(file: BinaryIO, size: int) -> Any:
    del size
    loaded: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            text = archive.read(_INDEX)
    except (zipfile.BadZipFile, KeyError) as error:
        raise LoadError(f"the zip is damaged: {error}") from error
    for member in members:
        if member.filename != _INDEX:
            _seek_contents(file, member)
            loaded[member.filename] = _reader(member.filename)(file, member.file_size)

    def revive(found: dict[str, Any]) -> Any:
        return loaded[found["$blob"]] if found.keys() == {"$blob"} else values.untag(found)

    return json.loads(text, object_hook=revive)


def _add(archive: zips.Zip, position: int, blob: Blob) -> None:
    form, value = blob.form, blob.value
    if form.name in _FRAMES:
        # Whether parquet keeps all of a frame shows when it has been written.
        buffer = io.BytesIO()
        if form.write(value, buffer):
            form = Format(form.name, form.suffix, leaves.write_bytes)
            value = buffer.getbuffer()
        else:
            form = pickles.format_of()
    name = f"{position}.{form.suffix}"
    blob.reference["$blob"] = name
    archive.add(name, lambda entry: form.write(value, entry))  # type: ignore[arg-type]


def _seek_contents(file: BinaryIO, member: zipfile.ZipInfo) -> None:
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER)
    skipped = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    file.seek(skipped, 1)


def _reader(name: str) -> Any:
    return reader_of(_FORMATS.get(name.partition(".")[2], name))
