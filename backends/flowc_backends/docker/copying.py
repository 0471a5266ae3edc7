"""Copies what a step needs into its container, and what it made back into the store.

For a daemon that does not see our files. What goes in lies in `/flowc/lent`, and the container's
store holds links to it: the archive that comes out of that store has new objects alone.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

from flowc.errors import BackendError
from flowc_backends.docker.delivery import STORE
from flowc_backends.docker.needs import needed_objects
from flowc_runtime import contract, stopping
from flowc_runtime.stores import CHUNK, STAGING, digest_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowc.ir import Step
    from flowc.registry import RunOptions
    from flowc_backends.images.daemon import Daemon
    from flowc_runtime.stores import Store
    from flowc_runtime.versions import Environment

LENT = "/flowc/lent"


class Copied:
    """Delivery for a daemon elsewhere; the store is a folder on this machine.

    ``environments`` are those of the steps' images, ``bundle`` is the folder of the unpacked
    bundle here, ``inside`` where it goes.
    """

    def __init__(
        self,
        engine: Daemon,
        options: RunOptions,
        store: Store,
        environments: Mapping[str, Environment | None],
        *,
        bundle: Path,
        inside: str,
    ) -> None:
        self._engine = engine
        self._options = options
        self._store = store
        self._environments = environments
        self._specs = {step["id"]: step for step in options.spec["steps"]}
        self.inside = inside
        self.sees_records = False
        self._bundle = bundle
        self._lent: dict[str, set[str]] = {}

    @property
    def store(self) -> str:
        return f"file://{STORE}"

    @property
    def mounts(self) -> Sequence[tuple[str, str, bool]]:
        return ()

    def bring(self, container: str, step: Step) -> None:
        """Put the bundle and every object that the step will look for."""
        lent = self._lent[step.id] = set()
        with tempfile.TemporaryFile() as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                add_tree(tar, self._bundle, self.inside)
                add_folders(tar, [STORE])
                spec = self._specs[step.id]
                known = self._environments.get(step.id)
                objects = list(needed_objects(self._store, self._options, spec, known))
                parents = {str(PurePosixPath(STORE, key).parent) for key, _ in objects}
                add_folders(tar, sorted(parents))
                for key, path in objects:
                    lend(tar, key, path)
                    lent.add(key)
            file.seek(0)
            self._engine.put(container, "/", file)

    def fetch(self, container: str, step: Step) -> None:
        """Take new objects into the store: contents at once, records once all contents are there.

        Raises BackendError for contents that do not have the digest they are named by.
        """
        records: dict[str, bytes] = {}
        stream = cast("BinaryIO", io.BufferedReader(_Chunks(self._engine.fetch(container, STORE))))
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for entry in tar:
                key = entry.name.partition("/")[2]
                file = tar.extractfile(entry) if entry.isreg() else None
                if file is None or key.startswith(f"{STAGING}/"):
                    continue
                if key.startswith("cas/"):
                    self._adopt(key, cast("BinaryIO", file))
                else:
                    records[key] = file.read()
        self._put(step, records)

    def _adopt(self, key: str, file: BinaryIO) -> None:
        path = self._store.stage()
        with Path(path).open("wb") as target:
            shutil.copyfileobj(file, target, CHUNK)
        digest = key.rpartition("/")[2]
        if digest_file(path)[0] != digest:
            Path(path).unlink()
            raise BackendError(f"contents {digest} were damaged on their way out of a container")
        self._store.adopt(path, digest)

    def _put(self, step: Step, records: dict[str, bytes]) -> None:
        """The run's record counts once, and its listing with it; the step's result comes last."""
        run = contract.run_key(self._options.run)
        first = run in records and self._store.put_if_absent(run, records.pop(run))
        stop = records.pop(contract.stop_key(self._options.run), None)
        if stop is not None:
            stopping.put(self._store, self._options.run, json.loads(stop))
        for key in sorted(records, key=lambda key: (key.endswith("/result.json"), key)):
            if key.startswith("names/") and not first:
                continue
            if key.startswith("actions/") and key not in self._lent[step.id]:
                self._store.put_if_absent(key, records[key])
            else:
                self._store.put(key, records[key])


class BundleCopied:
    """Delivery for a daemon elsewhere with a store on the network: only the bundle goes in."""

    def __init__(self, engine: Daemon, uri: str, *, bundle: Path, inside: str) -> None:
        self._engine = engine
        self.inside = inside
        self._bundle = bundle
        self.store = uri
        self.sees_records = True
        self.mounts: Sequence[tuple[str, str, bool]] = ()

    def bring(self, container: str, step: Step) -> None:
        del step
        with tempfile.TemporaryFile() as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                add_tree(tar, self._bundle, self.inside)
            file.seek(0)
            self._engine.put(container, "/", file)

    def fetch(self, container: str, step: Step) -> None: ...


class _Chunks(io.RawIOBase):
    """Chunks of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def add_tree(tar: tarfile.TarFile, folder: Path, target: str) -> None:
    """A folder of this machine, readable by everyone."""
    tar.add(folder, target.lstrip("/"), filter=_readable)


def _readable(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() else 0o644
    return entry


def add_folders(tar: tarfile.TarFile, paths: Sequence[str]) -> None:
    """Folders that any user can write to, with those between them and the store."""
    made = set(tar.getnames())
    for path in paths:
        below = PurePosixPath(path)
        chain = [below, *(parent for parent in below.parents if parent.is_relative_to(STORE))]
        for folder in reversed(chain):
            name = str(folder).lstrip("/")
            if name not in made:
                made.add(name)
                entry = tarfile.TarInfo(name)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o777
                tar.addfile(entry)


def lend(tar: tarfile.TarFile, key: str, path: str) -> None:
    entry = _readable(tar.gettarinfo(path, f"{LENT}/{key}".lstrip("/")))
    with Path(path).open("rb") as file:
        tar.addfile(entry, file)
    link = tarfile.TarInfo(f"{STORE}/{key}".lstrip("/"))
    link.type, link.linkname, link.mode = tarfile.SYMTYPE, f"{LENT}/{key}", 0o777
    tar.addfile(link)
