"""A scanner for values that must not be anywhere: what `compile` writes, stores, logs, databases.

It knows nothing of how the runtime masks them. A value is looked for as it is, as JSON and Python
write it, as in URLs, in base64 (also inside of a longer text) and in hexadecimal, in files as they
lie and in whatever is packed in them.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
import sqlite3
import tarfile
import urllib.parse
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

DEEPEST = 4
"""Archives in archives."""


def forms(value: str) -> dict[str, bytes]:
    """What a value may look like, each form by its name."""
    data = value.encode()
    found = {
        "itself": data,
        "JSON": json.dumps(value)[1:-1].encode(),
        "readable JSON": json.dumps(value, ensure_ascii=False)[1:-1].encode(),
        "Python": repr(value)[1:-1].encode(),
        "URL": urllib.parse.quote(value).encode(),
        "part of a URL": urllib.parse.quote(value, safe="").encode(),
        "form": urllib.parse.quote_plus(value).encode(),
        "hexadecimal": binascii.hexlify(data),
        "UTF-16": value.encode("utf-16-le"),
    }
    for number in range(3):
        # Three bytes are four characters: those that a neighbour has a share in are left out.
        tail = b"\0" * ((3 - (number + len(data)) % 3) % 3)
        whole = base64.b64encode(b"\0" * number + data + tail)
        start, end = (0, 2, 3)[number], len(whole) - (0, 2, 3)[len(tail)]
        found[f"base64 at {number}"] = whole[start:end]
        found[f"URL-safe base64 at {number}"] = whole[start:end].translate(
            bytes.maketrans(b"+/", b"-_")
        )
    return found


def in_data(data: bytes, values: Iterable[str], depth: int = 0) -> Iterator[str]:
    """The forms of the values that the bytes hold, and where in them."""
    lower = data.lower()
    for value in values:
        for name, form in forms(value).items():
            if form in (lower if name == "hexadecimal" else data):
                yield f"{value[:3]}… as {name}"
    if depth < DEEPEST:
        for name, inner in _unpacked(data):
            for found in in_data(inner, values, depth + 1):
                yield f"{found} in {name}"


def in_text(text: str, values: Collection[str]) -> list[str]:
    return list(in_data(text.encode("utf-8", "surrogatepass"), values))


def in_folder(folder: Path, values: Collection[str], *, spared: str = "") -> list[str]:
    """Every leak in a file of the folder, or in its name, with the file.

    Files that match ``spared`` are left out: an engine's own place for secrets.
    """
    leaks: list[str] = []
    for file in sorted(folder.rglob("*")):
        shown = file.relative_to(folder)
        if spared and shown.match(spared):
            continue
        leaks += [f"{shown}: {found} in the name" for found in in_text(str(shown), values)]
        if file.is_file():
            leaks += [f"{shown}: {found}" for found in in_data(file.read_bytes(), values)]
    return leaks


def in_database(file: Path, values: Collection[str], *, spared: Collection[str]) -> list[str]:
    """The same of the tables of an SQLite database; those that keep secrets are ``spared``."""
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in spared
        ]
        return [
            f"table {table}: {found}"
            for table in tables
            for row in database.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - its own names
            for cell in row
            for found in in_data(_bytes(cell), values)
        ]
    finally:
        database.close()


def _bytes(cell: object) -> bytes:
    return cell if isinstance(cell, bytes) else str(cell).encode("utf-8", "surrogatepass")


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What is in an archive, if it is one; a zip may begin with a line for the shell."""
    try:
        if b"PK\x05\x06" in data[-70_000:]:
            yield from _unzipped(data)
        elif data[:2] == b"\x1f\x8b":
            yield "gzip", gzip.decompress(data)
        elif data[257:262] == b"ustar":
            yield from _untarred(data)
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, zlib.error):
        return  # it only looked like one: programs that write archives hold their marks


def _unzipped(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name, name.encode() + b"\n" + archive.read(name)


def _untarred(data: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            yield member.name, content.read() if content else b""
