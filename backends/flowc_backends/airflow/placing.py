"""The DAGs folder: a folder of this machine, or a place in an object store that Airflow reads.

A file is there whole or not at all: Airflow looks at any moment.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flowc.errors import AuthorError, BackendError
from flowc_runtime import stores

if TYPE_CHECKING:
    from flowc_runtime.stores import Store

VARIABLE = "FLOWC_AIRFLOW_DAGS"


class DagsFolder(Protocol):
    """``read`` returns None for a file that is not there; ``show`` is its whole name.

    A name may lead into a folder, which is there as long as files are: ``names`` are those in it.
    """

    def names(self, folder: str) -> list[str]: ...
    def show(self, name: str) -> str: ...
    def read(self, name: str) -> bytes | None: ...
    def write(self, name: str, data: bytes) -> None: ...
    def remove(self, name: str) -> None: ...


def open_folder(where: str) -> DagsFolder:
    """The DAGs folder at a path or a URI: ``file:``, ``s3:``, ``gs:`` or ``az:``.

    Raises AuthorError when there is none.
    """
    where = where or os.environ.get(VARIABLE, "")
    if not where:
        raise AuthorError(
            "no DAGs folder is named",
            hint=f"--to /path/to/dags or s3://bucket/dags, or {VARIABLE}",
        )
    scheme = where.partition(":")[0]
    if "://" not in where and scheme not in stores.SCHEMES:
        return LocalFolder(Path(where))
    try:
        store = stores.open_store(where)
    except stores.StoreError as error:
        raise AuthorError(f"--to: {error}") from None
    if scheme == "file":
        return LocalFolder(Path(store.local_path("")))
    return StoreFolder(where.rstrip("/"), store)


class LocalFolder:
    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_dir():
            what = "is a file" if path.exists() else "does not exist"
            raise AuthorError(
                f"the DAGs folder '{path}' {what}",
                hint="name the folder of Airflow's option dags_folder; flowc does not make it",
            )

    def names(self, folder: str) -> list[str]:
        return sorted(f"{folder}/{it.name}" for it in (self._path / folder).glob("*"))

    def show(self, name: str) -> str:
        return str(self._path / name)

    def read(self, name: str) -> bytes | None:
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._refused("read", name, error) from None

    def write(self, name: str, data: bytes) -> None:
        """Written beside, with a name that Airflow does not read, and then renamed."""
        target = self._path / name
        try:
            if target.parent != self._path:
                target.parent.mkdir(exist_ok=True)
            handle, temporary = tempfile.mkstemp(
                prefix=f".{target.name}-", suffix=".new", dir=target.parent
            )
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(temporary).chmod(_mode(target))
                Path(temporary).replace(target)
            except BaseException:
                with suppress(FileNotFoundError):
                    Path(temporary).unlink()
                raise
        except OSError as error:
            raise self._refused("write", name, error) from None

    def remove(self, name: str) -> None:
        try:
            (self._path / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._refused("remove", name, error) from None
        if "/" in name:
            with suppress(OSError):  # it is not there, or others have files in it
                (self._path / name).parent.rmdir()

    def _refused(self, verb: str, name: str, error: OSError) -> BackendError:
        return BackendError(f"cannot {verb} '{self._path / name}': {error.strerror}")


class StoreFolder:
    """A prefix of a bucket, which Airflow's DAG bundle or a sidecar reads."""

    def __init__(self, uri: str, store: Store) -> None:
        self._uri, self._store = uri, store

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(self._store.list(f"{folder}/"))
        except stores.StoreError as error:
            raise BackendError(f"the DAGs folder: {error}") from None

    def show(self, name: str) -> str:
        return f"{self._uri}/{name}"

    def read(self, name: str) -> bytes | None:
        try:
            return self._store.get(name)
        except stores.MissingError:
            return None
        except stores.StoreError as error:
            raise BackendError(f"the DAGs folder: {error}") from None

    def write(self, name: str, data: bytes) -> None:
        try:
            self._store.put(name, data)
        except stores.StoreError as error:
            raise BackendError(f"the DAGs folder: {error}") from None

    def remove(self, name: str) -> None:
        try:
            self._store.delete(name)
        except stores.StoreError as error:
            raise BackendError(f"the DAGs folder: {error}") from None


def _mode(target: Path) -> int:
    """Of the file that is replaced, else as any new file of this user."""
    with suppress(OSError):
        return target.stat().st_mode & 0o777
    mask = os.umask(0o022)
    os.umask(mask)
    return 0o666 & ~mask
