"""The one place where everything that flowc knows is kept: contents, cache entries, records.

A store is named by one URI: ``file:`` (a folder), or ``s3:``, ``gs:``, ``az:`` through obstore,
which is imported for such a URI only. Every object is immutable or replaced atomically, so a crash
at any instant leaves either the old object or the new one. Contents are checked against their
digest whenever they are read.
"""

from __future__ import annotations

import os

from flowc_runtime import contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class LogWriter(Protocol):
        """Where a running step's output goes; ``flush`` makes it readable for others."""

        def write(self, data: bytes) -> None: ...
        def flush(self) -> None: ...
        def close(self) -> None: ...

    class Store(Protocol):
        """Keys are relative paths with ``/``; their segments are safe for every file system.

        ``forkable`` says whether a process that has used the store can be forked into one that
        uses it too. ``verify_limit`` is explained at `has_contents`.
        """

        forkable: bool
        verify_limit: int

        @property
        def uri(self) -> str: ...
        def get(self, key: str) -> bytes: ...
        def put(self, key: str, data: bytes) -> None: ...
        def put_if_absent(self, key: str, data: bytes) -> bool: ...
        def exists(self, key: str) -> bool: ...
        def size(self, key: str) -> int | None: ...
        def list(self, prefix: str) -> list[str]: ...
        def delete(self, key: str) -> None: ...
        def stage(self) -> str: ...
        def adopt(self, path: str, digest: str) -> None: ...
        def local_path(self, key: str) -> str: ...
        def while_waiting(self, call: Callable[[], None]) -> None: ...
        def close(self) -> None: ...
        def log(self, key: str) -> LogWriter: ...


CHUNK = 1 << 20
SMALL = 1 << 12

STAGING = "staging"
"""Folder of a file store where files grow until they are moved to their place."""

SCHEMES = ("file", "s3", "gs", "az")


class StoreError(Exception):
    """The store cannot be used as asked; the text is complete."""


class MissingError(StoreError):
    """No object has this key."""


class DamagedError(StoreError):
    """Contents do not have the ``digest`` under which they are kept."""

    def __init__(self, digest: str, found: str) -> None:
        super().__init__(f"contents {digest} are damaged: they have digest {found}")
        self.digest = digest


def open_store(uri: str) -> Store:
    """The store at ``uri``; nothing is read or written yet.

    Raises StoreError for a URI that `check_uri` refuses, or whose package is not installed.
    """
    check_uri(uri)
    scheme, _, rest = uri.partition(":")
    if scheme == "file":
        return FileStore(_folder(rest, uri))
    from flowc_runtime import objectstore  # needs a package that few have

    return objectstore.open_objects(uri)


def check_uri(uri: str) -> None:
    """Raises StoreError for what is no store's URI: ``file:`` and a folder, or the scheme of an
    object storage and ``//bucket/prefix``.
    """
    scheme, colon, rest = uri.partition(":")
    if not colon or (os.name == "nt" and len(scheme) == 1):
        raise StoreError(f"'{uri}' is no store URI; for a folder write 'file:{uri}'")
    if scheme == "file":
        _folder(rest, uri)
        return
    if scheme not in SCHEMES:
        known = ", ".join(f"{known}:" for known in SCHEMES)
        raise StoreError(f"unknown store scheme '{scheme}:' in '{uri}'; known: {known}")
    if not rest.startswith("//") or rest[2:3] in {"", "/"}:
        raise StoreError(f"'{uri}' names no bucket; write '{scheme}://bucket/prefix'")
    # Engines have templates of their own for some of these.
    if not uri.isprintable() or any(sign in uri for sign in " {}$"):
        raise StoreError(f"{uri!r} is no store URI: a space, a brace or a dollar sign is in it")


def _folder(rest: str, uri: str) -> str:
    """``file:///abs``, ``file:/abs``, ``file://localhost/abs`` and ``file:relative``."""
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in {"", "localhost"}:
            raise StoreError(f"'{uri}' names the host '{host}'; a file store is a local folder")
        rest = slash + path
        if os.name == "nt":
            rest = rest.lstrip("/")
    if not rest:
        raise StoreError(f"'{uri}' names no folder")
    if "%" in rest:
        from urllib.parse import unquote  # few paths are quoted

        rest = unquote(rest)
    return os.path.abspath(rest)


def digest_file(path: str) -> tuple[str, int]:
    """The sha256 and the size of a file."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        if os.fstat(file).st_size > CHUNK:
            from hashlib import sha256  # several times as fast, once OpenSSL is loaded
        else:
            from flowc_runtime.sha256 import sha256
        state = sha256()
        size = 0
        # One small read is all that most artifacts need, and no large buffer.
        wanted = SMALL
        while data := os.read(file, wanted):
            state.update(data)
            size += len(data)
            wanted = CHUNK
        return state.hexdigest(), size
    finally:
        os.close(file)


def verify_contents(path: str, digest: str) -> None:
    """Raises DamagedError when the file at ``path`` does not have the digest it is kept under,
    MissingError when there is none that can be read.
    """
    try:
        found = digest_file(path)[0]
    except FileNotFoundError:
        raise MissingError(f"contents {digest} are not in the store") from None
    except OSError as error:
        why = error.strerror
        raise MissingError(f"contents {digest} in the store cannot be read: {why}") from error
    if found != digest:
        raise DamagedError(digest, found)


def open_contents(store: Store, digest: str) -> str:
    """A local path with the contents of ``digest``, verified.

    Damaged contents are taken away, so that the next run makes them again instead of finding them.
    """
    key = contract.cas_key(digest)
    path = store.local_path(key)
    try:
        verify_contents(path, digest)
    except DamagedError:
        store.delete(key)
        raise
    return path


def has_contents(store: Store, digest: str, size: int) -> bool:
    """Whether contents are there and undamaged.

    Beyond the store's ``verify_limit`` only their size is looked at: damage then shows when a step
    reads them, and the next run makes them again.
    """
    key = contract.cas_key(digest)
    if store.size(key) != size:
        return False
    if size > store.verify_limit:
        return True
    try:
        open_contents(store, digest)
    except (MissingError, DamagedError):
        return False
    return True


class FileStore:
    """A folder. Usable by several users at once as far as their umask allows."""

    __slots__ = ("_mode", "_staging", "forkable", "root", "verify_limit")

    def __init__(self, root: str) -> None:
        self.root = root
        self.forkable = True
        self.verify_limit = 64 << 20
        self._staging = False
        mask = os.umask(0)
        os.umask(mask)
        self._mode = 0o666 & ~mask

    @property
    def uri(self) -> str:
        return f"file://{self.root}" if self.root.startswith("/") else f"file:{self.root}"

    def _path(self, key: str) -> str:
        return f"{self.root}/{key}"

    def get(self, key: str) -> bytes:
        try:
            with open(f"{self.root}/{key}", "rb", buffering=0) as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            raise MissingError(f"{key} is not in {self.uri}") from None
        except OSError as error:
            raise self.refused("read", key, error) from error

    def put(self, key: str, data: bytes) -> None:
        temporary = self._write_temporary(key, data)
        try:
            self._into(key, lambda target: os.replace(temporary, target))
        except OSError as error:
            remove_file(temporary)
            raise self.refused("write", key, error) from error

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Whether this call made the object: of several at once, exactly one does."""
        temporary = self._write_temporary(key, data)
        try:
            self._into(key, lambda target: _link(temporary, target, data))
        except FileExistsError:
            return False
        except OSError as error:
            raise self.refused("write", key, error) from error
        finally:
            remove_file(temporary)
        return True

    def exists(self, key: str) -> bool:
        return os.path.exists(self._path(key))

    def size(self, key: str) -> int | None:
        try:
            return os.stat(self._path(key)).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self.refused("read", key, error) from error

    def list(self, prefix: str) -> list[str]:
        """All keys that start with ``prefix``, sorted."""
        folder, _, start = prefix.rpartition("/")
        found: list[str] = []
        open_folders = [folder]
        while open_folders:
            folder = open_folders.pop()
            try:
                entries = list(os.scandir(self._path(folder) if folder else self.root))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise self.refused("list", prefix, error) from error
            for entry in entries:
                key = f"{folder}/{entry.name}" if folder else entry.name
                if start and not key.startswith(prefix) and not prefix.startswith(f"{key}/"):
                    continue
                if entry.is_dir():
                    open_folders.append(key)
                elif not key.startswith(f"{STAGING}/"):
                    found.append(key)
        found.sort()
        return found

    def delete(self, key: str) -> None:
        remove_file(self._path(key))

    def stage(self) -> str:
        """A path for a new file on the store's own file system, so that it can be moved in."""
        if not self._staging:
            self._make_folder(f"{self.root}/{STAGING}")
            self._staging = True
        return self._temporary()

    def adopt(self, path: str, digest: str) -> None:
        """Move a staged file to its place among the contents.

        Contents that are there already are replaced: theirs may be damaged, these are not.
        """
        key = contract.cas_key(digest)
        try:
            # Contents never change: nobody may write into them through a path they were given.
            os.chmod(path, self._mode & 0o555)
            self._into(key, lambda target: os.replace(path, target))
        except PermissionError as error:
            # Windows refuses to replace what another process reads: then it is there.
            if not self.exists(key):
                raise self.refused("write", key, error) from error
            remove_file(path)
        except OSError as error:
            raise self.refused("write", key, error) from error

    def local_path(self, key: str) -> str:
        """Where the object can be read as a file. For a folder nothing is looked up here."""
        return self._path(key)

    def while_waiting(self, call: Callable[[], None]) -> None:
        """``call`` every few seconds while a transfer lasts; nothing is transferred here."""

    def close(self) -> None: ...

    def log(self, key: str) -> LogWriter:
        return FileLog(self, key)

    def append_to(self, key: str) -> int:
        """A file descriptor whose writes are added to the object."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        files: list[int] = []
        try:
            self._into(key, lambda target: files.append(os.open(target, flags, 0o666)))
        except OSError as error:
            raise self.refused("write", key, error) from error
        return files[0]

    def _temporary(self) -> str:
        """A new path beside which nothing can be overwritten; containers may share process ids."""
        return f"{self.root}/{STAGING}/{os.getpid()}-{os.urandom(8).hex()}"

    def _write_temporary(self, key: str, data: bytes) -> str:
        path = self._temporary()
        try:
            try:
                _write_new(path, data)
            except FileNotFoundError:
                self._make_folder(f"{self.root}/{STAGING}")
                _write_new(path, data)
        except OSError as error:
            remove_file(path)
            raise self.refused("write", key, error) from error
        return path

    def _into(self, key: str, place: Callable[[str], None]) -> None:
        target = self._path(key)
        try:
            place(target)
        except FileNotFoundError:
            self._make_folder(os.path.dirname(target))
            place(target)

    def _make_folder(self, path: str) -> None:
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise self.refused("write", os.path.relpath(path, self.root), error) from error

    def refused(self, verb: str, key: str, error: OSError) -> StoreError:
        return StoreError(f"cannot {verb} {key} in the store {self.uri}: {error.strerror}")


class FileLog:
    """A log that others can read while it grows; no file is made for a silent step."""

    __slots__ = ("_file", "_key", "_store")

    def __init__(self, store: FileStore, key: str) -> None:
        self._store = store
        self._key = key
        self._file = -1

    def write(self, data: bytes) -> None:
        if self._file < 0:
            self._file = self._store.append_to(self._key)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            raise self._store.refused("write", self._key, error) from error

    def flush(self) -> None: ...

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _write_new(path: str, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
    finally:
        os.close(file)


def _link(temporary: str, target: str, data: bytes) -> None:
    try:
        os.link(temporary, target)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        # A file system without hard links: still only one wins, though a reader may for a moment
        # see less than all of it.
        _write_new(target, data)


def remove_file(path: str) -> None:
    """Take a file away if it is there and may be."""
    try:
        os.unlink(path)
    except OSError:
        return
