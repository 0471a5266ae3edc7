"""Stores in a cloud's object storage: s3:, gs: and az:, all through the obstore package.

What steps read and write are local files in a scratch folder, which their supervisor downloads
and uploads.
"""

from __future__ import annotations

import atexit
import os

from flowc_runtime import contract
from flowc_runtime.stores import CHUNK, MissingError, StoreError, remove_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flowc_runtime.stores import LogWriter

GROWTH = 8
"""A growing log is stored again when it grew by one part in this many: every few seconds while it
is short, less and less often when each time costs more."""


def open_objects(uri: str) -> ObjectStore:
    """The object store at ``uri``; access and region come from the cloud's usual variables.

    Raises StoreError when obstore is not installed or refuses the URI.
    """
    try:
        from obstore.store import from_url  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise StoreError(
            f"the store {uri} needs the package 'obstore': pip install 'flowc[objectstore]'"
        ) from None
    try:
        objects = from_url(uri)
    except Exception as error:  # obstore's errors have no base of their own
        raise StoreError(f"cannot open the store {uri}: {_reason(error)}") from error
    return ObjectStore(uri, objects)


class ObjectStore:
    """Objects under one prefix of a bucket."""

    __slots__ = ("_objects", "_owner", "_scratch", "_waiting", "forkable", "uri", "verify_limit")

    def __init__(self, uri: str, objects: Any) -> None:
        self.uri = uri.rstrip("/")
        self._objects = objects
        self._owner = 0
        self._scratch = ""
        self._waiting: Callable[[], None] = _nothing
        # The client has threads, which a fork loses.
        self.forkable = False
        # The service keeps checksums of its own, and looking would mean downloading.
        self.verify_limit = 0

    def get(self, key: str) -> bytes:
        try:
            return bytes(self._objects.get(key).bytes())
        except FileNotFoundError:
            raise MissingError(f"{key} is not in {self.uri}") from None
        except Exception as error:
            raise self._refused("read", key, error) from error

    def put(self, key: str, data: bytes) -> None:
        try:
            self._objects.put(key, data)
        except Exception as error:
            raise self._refused("write", key, error) from error

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Whether this call made the object: of several at once, exactly one does."""
        try:
            self._objects.put(key, data, mode="create")
        except Exception as error:
            if type(error).__name__ == "AlreadyExistsError":
                return False
            raise self._refused("write", key, error) from error
        return True

    def exists(self, key: str) -> bool:
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        try:
            return int(self._objects.head(key)["size"])
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._refused("read", key, error) from error

    def list(self, prefix: str) -> list[str]:
        """All keys that start with ``prefix``, sorted."""
        # The service's own prefixes are whole segments.
        folder = prefix.rpartition("/")[0]
        try:
            pages = list(self._objects.list(folder or None))
        except Exception as error:
            raise self._refused("list", prefix, error) from error
        keys = (str(entry["path"]) for page in pages for entry in page)
        return sorted(key for key in keys if key.startswith(prefix))

    def delete(self, key: str) -> None:
        try:
            self._objects.delete(key)
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._refused("delete", key, error) from error

    def stage(self) -> str:
        """A path for a new local file that `adopt` will upload."""
        return f"{self._folder()}/{os.getpid()}-{os.urandom(8).hex()}"

    def adopt(self, path: str, digest: str) -> None:
        """Upload a staged file to its place among the contents, unless it is there already.

        The local copy stays for the steps that read it in this process.
        """
        key = contract.cas_key(digest)
        if self.size(key) != os.stat(path).st_size:
            self._patiently(lambda: self._upload(key, path))
        os.replace(path, self._copy(key))

    def local_path(self, key: str) -> str:
        """A local copy, downloaded once."""
        path = self._copy(key)
        if not os.path.exists(path):
            partial = self.stage()
            try:
                self._patiently(lambda: self._download(key, partial))
                os.replace(partial, path)
            finally:
                remove_file(partial)
        return path

    def log(self, key: str) -> LogWriter:
        return ObjectLog(self, key)

    def while_waiting(self, call: Callable[[], None]) -> None:
        """``call`` every few seconds while a transfer lasts."""
        self._waiting = call

    def close(self) -> None:
        """Take the local copies away."""
        if self._scratch and os.getpid() == self._owner:
            for name in os.listdir(self._scratch):
                remove_file(f"{self._scratch}/{name}")
            os.rmdir(self._scratch)
            self._scratch = ""

    def _copy(self, key: str) -> str:
        return f"{self._folder()}/{contract.path_segment(key.replace('/', '-'))}"

    def _folder(self) -> str:
        if not self._scratch:
            parent = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - a private folder in it
            scratch = f"{parent}/flowc-{os.getpid()}-{os.urandom(8).hex()}"
            os.mkdir(scratch, 0o700)
            self._scratch = scratch
            self._owner = os.getpid()
            atexit.register(self.close)
        return self._scratch

    def _patiently(self, transfer: Callable[[], None]) -> None:
        """Transfer in a thread: heartbeats go on for as long as it takes."""
        from threading import Thread

        problems: list[StoreError] = []

        def work() -> None:
            try:
                transfer()
            except StoreError as error:
                problems.append(error)

        thread = Thread(target=work, daemon=True)
        thread.start()
        thread.join(contract.HEARTBEAT)
        while thread.is_alive():
            self._waiting()
            thread.join(contract.HEARTBEAT)
        if problems:
            raise problems[0]

    def _upload(self, key: str, path: str) -> None:
        with open(path, "rb") as file:
            try:
                self._objects.put(key, file)
            except Exception as error:
                raise self._refused("write", key, error) from error

    def _download(self, key: str, path: str) -> None:
        try:
            with open(path, "wb") as file:
                file.writelines(self._objects.get(key).stream(min_chunk_size=CHUNK))
        except FileNotFoundError:
            raise MissingError(f"{key} is not in {self.uri}") from None
        except Exception as error:
            raise self._refused("read", key, error) from error

    def _refused(self, verb: str, key: str, error: Exception) -> StoreError:
        return StoreError(f"cannot {verb} {key} in the store {self.uri}: {_reason(error)}")


class ObjectLog:
    """A log that is stored again, whole, as it grows."""

    __slots__ = ("_data", "_key", "_store", "_stored")

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._key = key
        self._data = bytearray()
        self._stored = 0

    def write(self, data: bytes) -> None:
        self._data += data

    def flush(self) -> None:
        if len(self._data) - self._stored > self._stored // GROWTH:
            self._put()

    def close(self) -> None:
        if len(self._data) > self._stored:
            self._put()

    def _put(self) -> None:
        if not self._stored:
            # An earlier process may have written some already: one that was lost.
            self._data[:0] = self._earlier()
        self._store.put(self._key, bytes(self._data))
        self._stored = len(self._data)

    def _earlier(self) -> bytes:
        try:
            return self._store.get(self._key)
        except MissingError:
            return b""


def _reason(error: Exception) -> str:
    """The service's own message where it sent one, else the first line of a long story."""
    text = str(error)
    code, message = (
        text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0] for tag in ("Code", "Message")
    )
    return f"{code}: {message}" if message else text.partition("\n")[0]


def _nothing() -> None: ...
