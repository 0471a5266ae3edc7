"""The bundle that was started: its specification, and the author's files as files.

A bundle is a zip; its unpacked copy in a folder of the same name starts faster, because Python
finds compiled modules there. The author's code always runs from files, so that data files beside
a module are found through ``__file__``.
"""

from __future__ import annotations

import json
import os
import sys

from flowc_runtime import contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc_runtime.contract import PipelineSpec

SPECIFICATION = "pipeline.json"


class BundleError(Exception):
    """The bundle cannot be used; the text is complete."""


class Bundle:
    """``path`` is the zip or the folder that was started."""

    __slots__ = ("_extracted", "_names", "path", "spec")

    def __init__(self, path: str) -> None:
        self.path = path
        self._extracted = ""
        self._names: list[str] | None = None
        try:
            text = self.read(SPECIFICATION)
        except OSError as error:
            raise BundleError(f"{path} is no bundle: {SPECIFICATION} is missing") from error
        self.spec: PipelineSpec = json.loads(text)
        protocol = self.spec["protocol"]
        if protocol != contract.PROTOCOL:
            raise BundleError(
                f"the bundle was compiled for protocol {protocol} of flowc's runtime, "
                f"and this runtime speaks {contract.PROTOCOL}: compile it again"
            )

    @property
    def digest(self) -> str:
        """As far as the name tells; it is there for people."""
        name = os.path.basename(self.path)
        return name.removesuffix(".pyz").removeprefix("bundle-")

    @property
    def is_folder(self) -> bool:
        return os.path.isdir(self.path)

    def read(self, name: str) -> bytes:
        if self.is_folder:
            with open(f"{self.path}/{name}", "rb") as file:
                return file.read()
        from zipimport import zipimporter  # loaded already: Python started the zip with it

        data: bytes = zipimporter(self.path).get_data(f"{self.path}{os.sep}{name}")
        return data

    def names(self) -> list[str]:
        """Every file in the bundle, sorted."""
        if self._names is None:
            found = _walk(self.path) if self.is_folder else _list_zip(self.path)
            self._names = sorted(name for name in found if not name.endswith("/"))
        return self._names

    def source_roots(self) -> list[str]:
        """Folders for ``sys.path`` with the author's modules; extracts them from a zip."""
        folder = self.path if self.is_folder else self._extract_sources()
        return [f"{folder}/{root}" for root in self.spec["roots"]]

    def extract(self, folder: str, *, under: str = "") -> None:
        """Write the bundle's files whose names start with ``under``."""
        made: set[str] = set()
        for name in self.names():
            target = f"{folder}/{name}"
            parent = os.path.dirname(target)
            if not name.startswith(under):
                continue
            if parent not in made:
                os.makedirs(parent, exist_ok=True)
                made.add(parent)
            with open(target, "wb") as file:
                file.write(self.read(name))

    def close(self) -> None:
        """Take away what was extracted for this process."""
        if self._extracted:
            _remove_tree(self._extracted)
            self._extracted = ""

    def _extract_sources(self) -> str:
        if not self._extracted:
            parent = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - a private folder in it
            folder = f"{parent}/flowc-{os.getpid()}-{os.urandom(8).hex()}"
            os.mkdir(folder, 0o700)
            self._extracted = folder
            sys.dont_write_bytecode = True  # nobody would come to read it
            self.extract(folder, under="src/")
        return self._extracted


def _list_zip(path: str) -> list[str]:
    """`zipfile` costs 20 ms here, and Python has read the directory of what it started."""
    import zipimport

    known = getattr(zipimport, "_zip_directory_cache", {}).get(path)
    if known is not None:
        return [str(name).replace(os.sep, "/") for name in known]
    from zipfile import ZipFile

    with ZipFile(path) as archive:
        return archive.namelist()


def _walk(folder: str) -> list[str]:
    return [
        os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")
        for parent, _, names in os.walk(folder, followlinks=True)
        for name in names
        if not name.endswith(".pyc")
    ]


def unpack(bundle: Bundle, folder: str) -> None:
    """Unpack a bundle into ``folder`` with every module compiled; a complete copy is kept."""
    if os.path.isfile(f"{folder}/{SPECIFICATION}"):
        return
    partial = f"{folder}.{os.getpid()}-{os.urandom(4).hex()}"
    bundle.extract(partial)
    _compile(partial)
    try:
        os.rename(partial, folder)
    except OSError:
        _remove_tree(partial)
        if not os.path.isfile(f"{folder}/{SPECIFICATION}"):
            raise BundleError(f"cannot unpack to {folder}: something else is there") from None


def _compile(folder: str) -> None:
    from py_compile import PycInvalidationMode, PyCompileError
    from py_compile import compile as compile_file

    for parent, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(".py"):
                continue
            try:
                # Unchecked: copying into an image changes times, and the sources never change.
                compile_file(
                    f"{parent}/{name}",
                    doraise=True,
                    invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
                )
            except (PyCompileError, OSError) as error:
                # For some other Python; if it is imported at all, the import tells.
                print(f"flowc: not compiled: {name}: {error}", file=sys.stderr)


def _remove_tree(folder: str) -> None:
    for parent, folders, names in os.walk(folder, topdown=False):
        for name in names:
            os.unlink(f"{parent}/{name}")
        for name in folders:
            os.rmdir(f"{parent}/{name}")
    os.rmdir(folder)
