"""Stores: one suite for folders and, where obstore is installed, for objects."""

from __future__ import annotations

import hashlib
import os
import sys
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest

from flowc_runtime import contract, stores

if TYPE_CHECKING:
    from pathlib import Path

    from flowc_runtime.stores import Store


def open_kind(kind: str, folder: Path) -> Store:
    if kind == "file":
        return stores.open_store(f"file:{folder}")
    from obstore import store as memory

    from flowc_runtime.objectstore import ObjectStore

    return ObjectStore("s3://bucket/prefix", memory.MemoryStore())


@pytest.fixture(params=["file", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_kind(request.param, tmp_path / "store")


def put_contents(store: Store, data: bytes) -> str:
    path = store.stage()
    with open(path, "wb") as file:  # noqa: PTH123 - as the runtime does
        file.write(data)
    digest = hashlib.sha256(data).hexdigest()
    store.adopt(path, digest)
    return digest


def test_put_and_get(store: Store) -> None:
    store.put("a/b.json", b"1")
    store.put("a/b.json", b"2")
    assert store.get("a/b.json") == b"2"
    assert (store.exists("a/b.json"), store.size("a/b.json")) == (True, 1)


def test_what_is_not_there(store: Store) -> None:
    assert (store.exists("x"), store.size("x")) == (False, None)
    store.delete("x")
    with pytest.raises(stores.MissingError):
        store.get("x")


def test_the_first_put_wins(store: Store) -> None:
    assert store.put_if_absent("k", b"1")
    assert not store.put_if_absent("k", b"2")
    assert store.get("k") == b"1"


def test_list(store: Store) -> None:
    for key in ("runs/a/1", "runs/a/b/2", "runs/ab/3", "other"):
        store.put(key, b"")
    assert store.list("runs/a/") == ["runs/a/1", "runs/a/b/2"]
    assert store.list("runs/a") == ["runs/a/1", "runs/a/b/2", "runs/ab/3"]
    assert store.list("none/") == []
    assert len(store.list("")) == 4


def test_contents(store: Store) -> None:
    digest = put_contents(store, b"data")
    assert put_contents(store, b"data") == digest
    with open(stores.open_contents(store, digest), "rb") as file:  # noqa: PTH123
        assert file.read() == b"data"
    assert stores.has_contents(store, digest, 4)
    assert not stores.has_contents(store, digest, 5)
    assert not stores.has_contents(store, "0" * 64, 4)


def test_a_log_grows(store: Store) -> None:
    log = store.log("runs/r/log.txt")
    log.write(b"one\n")
    log.flush()
    assert store.get("runs/r/log.txt") == b"one\n"
    log.write(b"two\n")
    log.close()
    assert store.get("runs/r/log.txt") == b"one\ntwo\n"


def test_damage_is_found_and_mended(tmp_path: Path) -> None:
    store = stores.open_store(f"file:{tmp_path}")
    digest = put_contents(store, b"data")
    path = store.local_path(contract.cas_key(digest))
    os.chmod(path, 0o644)  # noqa: PTH101
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"dama")
    assert not stores.has_contents(store, digest, 4)
    with pytest.raises(stores.MissingError):
        stores.open_contents(store, digest)
    put_contents(store, b"data")
    assert stores.has_contents(store, digest, 4)


def test_contents_that_cannot_be_read_are_not_there(tmp_path: Path) -> None:
    store = stores.open_store(tmp_path.as_uri())
    key = contract.cas_key("0" * 64)
    (tmp_path / key).mkdir(parents=True)
    assert not stores.has_contents(store, "0" * 64, store.size(key) or 0)
    assert (tmp_path / key).is_dir()


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "log.txt").mkdir()
    with pytest.raises(stores.StoreError, match=r"cannot write log\.txt in the store"):
        stores.open_store(tmp_path.as_uri()).log("log.txt").write(b"x")


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        store = stores.open_store(f"file:{tmp_path / 's'}")
        store.put("runs/r", b"")
        digest = put_contents(store, b"data")
    finally:
        os.umask(before)
    assert (tmp_path / "s/runs/r").stat().st_mode & 0o777 == 0o664
    assert (tmp_path / "s/runs").stat().st_mode & 0o777 == 0o775
    contents = tmp_path / "s" / contract.cas_key(digest)
    assert contents.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("ftp://x", "unknown store scheme 'ftp:' in 'ftp://x'; known: file:, s3:, gs:, az:"),
        ("some/folder", "'some/folder' is no store URI; for a folder write 'file:some/folder'"),
        ("file:", "'file:' names no folder"),
        ("s3://", "'s3://' names no bucket; write 's3://bucket/prefix'"),
        ("gs:bucket", "'gs:bucket' names no bucket; write 'gs://bucket/prefix'"),
        (
            "s3://b/{{$.x}}",
            "'s3://b/{{$.x}}' is no store URI: a space, a brace or a dollar sign is in it",
        ),
        ("file://host/x", "'file://host/x' names the host 'host'; a file store is a local folder"),
    ],
)
def test_refused_uris(uri: str, message: str) -> None:
    with pytest.raises(stores.StoreError) as caught:
        stores.open_store(uri)
    assert str(caught.value) == message


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(stores.StoreError, match=r"pip install 'flowc\[objectstore\]'"):
        stores.open_store("s3://bucket/prefix")


@pytest.mark.parametrize(
    "uri", ["file:{0}/a%20b", "file://{0}/a%20b", "file://localhost{0}/a%20b"]
)
def test_spellings_of_a_folder(tmp_path: Path, uri: str) -> None:
    stores.open_store(uri.format(tmp_path)).put("x", b"")
    assert (tmp_path / "a b" / "x").exists()


def test_an_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = stores.open_store(f"file:{tmp_path}/file/below")
    for attempt in (lambda: store.put("x", b""), lambda: store.put_if_absent("x", b"")):
        with pytest.raises(stores.StoreError, match="cannot write"):
            attempt()


def race(uri: str, name: str) -> int:
    store = stores.open_store(uri)
    return sum(store.put_if_absent(f"k/{index}", name.encode() * 1000) for index in range(200))


def test_two_processes_race(tmp_path: Path) -> None:
    uri = f"file:{tmp_path}"
    with get_context("spawn").Pool(2) as pool:
        won = pool.starmap(race, [(uri, "a"), (uri, "b")])
    store = stores.open_store(uri)
    assert sum(won) == 200
    assert {store.get(key) for key in store.list("k/")} <= {b"a" * 1000, b"b" * 1000}
