"""The scanner finds what is planted, wherever and in whatever form it is."""

from __future__ import annotations

import base64
import gzip
import io
import json
import sqlite3
import tarfile
import urllib.parse
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests import leaks

if TYPE_CHECKING:
    from pathlib import Path

VALUE = "p/l+a\"n t'ed\\ ü=?"
OTHER = "another-value"


@pytest.mark.parametrize(
    "text",
    [
        f"the value {VALUE} as it is",
        json.dumps({"key": [VALUE]}),
        json.dumps([VALUE], ensure_ascii=False),
        repr([VALUE]),
        f"https://user:{urllib.parse.quote(VALUE, safe='')}@host/",
        f"https://host/{urllib.parse.quote(VALUE)}/x",
        urllib.parse.urlencode({"token": VALUE}),
        VALUE.encode().hex(),
        VALUE.encode().hex().upper(),
        *(base64.b64encode(b"u" * n + f"{VALUE}:more".encode()).decode() for n in range(7)),
        *(base64.urlsafe_b64encode(b"u" * n + VALUE.encode()).decode() for n in range(3)),
    ],
)
def test_every_form_is_found(text: str) -> None:
    assert leaks.in_text(text, [OTHER, VALUE])


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("p/l+a and n t'ed, *** and ***")
    assert leaks.in_folder(tmp_path, [VALUE, OTHER]) == []


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO(b"#!/usr/bin/env python3\n")
    buffer.seek(0, io.SEEK_END)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        VALUE.encode(),
        b"\x80\x05\x93" + VALUE.encode() + b"\x94.",
        zipped("src/settings.py", f"x = {VALUE!r}".encode()),
        zipped("inner.npz", zipped("a.npy", VALUE.encode())),
        gzip.compress(VALUE.encode()),
        tarred("Dockerfile", VALUE.encode()),
        gzip.compress(tarred("Dockerfile", zipped("b", VALUE.encode()))),
        VALUE.encode("utf-16"),
        b"what writes zips holds PK\x05\x06 and is none " + VALUE.encode(),
    ],
    ids=["plain", "pickle", "zip", "npz", "gzip", "tar", "zip-in-tar-gz", "utf-16", "no-zip"],
)
def test_files_are_opened(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "deep" / "down"
    file.parent.mkdir()
    file.write_bytes(data)
    assert any(leak.startswith("deep/down: ") for leak in leaks.in_folder(tmp_path, [VALUE]))


def test_names_of_files_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / OTHER).touch()
    assert f"{OTHER}: ano… as itself in the name" in leaks.in_folder(tmp_path, [OTHER])


def test_databases_are_read_but_for_what_keeps_the_secrets(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "engine.db")
    database.execute("CREATE TABLE variable (val)")
    database.execute("CREATE TABLE log (id, text)")
    database.execute("INSERT INTO variable VALUES (?)", (VALUE,))
    database.commit()
    assert leaks.in_database(tmp_path / "engine.db", [VALUE], spared={"variable"}) == []
    database.execute("INSERT INTO log VALUES (1, ?)", (json.dumps(VALUE),))
    database.commit()
    database.close()
    [leak] = leaks.in_database(tmp_path / "engine.db", [VALUE], spared={"variable"})
    assert leak == "table log: p/l… as JSON"
