"""Artifacts: a value as the bytes of one file, and back.

The format is chosen by the value's own type and recorded as ``name@format-version``:

==================  ======================================  ====================================
``json@1``          what ``values.encode`` holds            its compact JSON, dicts in their order
``text@1``          ``str``                                 UTF-8
``bytes@1``         ``bytes``                               themselves
``path@1``          ``pathlib.Path`` of a file or folder    tar of the contents, under their name
``numpy@1``         arrays without objects                  npy
``pandas@1``        DataFrame, Series                       parquet, if that keeps all of it
``polars@1``        DataFrame; ``polars-series@1``          parquet, if that keeps all of it
``tree@1``          containers that hold the above          uncompressed zip, ``value.json`` in it
``cloudpickle@1``   everything else                         pickle, protocol 5
``pickle@1``        the same without cloudpickle            pickle, protocol 5
==================  ======================================  ====================================

All but the pickles are digest-stable: equal values give equal bytes, whatever process, machine or
hash seed wrote them (parquet: with the same version of its writer).

An output can name a materializer of the author's, ``module:Qualname`` of a class with ::

    def save(self, value, path: pathlib.Path) -> None   # write one file, or make one folder, there
    def load(self, path: pathlib.Path) -> object        # path: the file or folder again

and, where wanted, ``version`` (text, "1"; another one is another format), ``types`` (a class or a
tuple of classes: other values are refused) and ``suffix`` (what the name at ``path`` must end
with, ``".png"``). An instance is made without arguments for every call. It is recorded as
``module:Qualname@version``. Files given to ``load`` must not be written to.
"""

from __future__ import annotations

import os
import sys

from flowc_runtime import values
from flowc_runtime.materializers import leaves
from flowc_runtime.materializers.facts import facts_of
from flowc_runtime.materializers.leaves import LoadError, SaveError

__all__ = ["LoadError", "SaveError", "Saved", "facts_of", "load", "save"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    from flowc_runtime.contract import Json, OutputSpec, TypeSpec

    Reader = Callable[[BinaryIO, int], Any]


class Saved:
    """How a value was stored; ``type`` is its Python type, for people."""

    __slots__ = ("materializer", "type")

    def __init__(self, materializer: str, type_text: str) -> None:
        self.materializer = materializer
        self.type = type_text


def save(value: object, path: str, output: OutputSpec | None = None) -> Saved:
    """Write ``value`` as one regular file at ``path``, or raise SaveError and leave none."""
    try:
        name = _save(value, path, output)
    except SaveError as error:
        _discard(path)
        raise SaveError(f"{_subject(output)} cannot be stored: {error}") from error.__cause__
    except BaseException:
        _discard(path)
        raise
    return Saved(name, values.type_name(type(value)))


def load(materializer: str, path: str, typespec: TypeSpec | None = None) -> Any:
    """The value that ``save`` wrote; raises LoadError.

    Large arrays are mapped from ``path`` instead of read, so it must not be written to
    afterwards. ``typespec`` is what the reader declared, for messages.
    """
    try:
        return _load(materializer, path)
    except LoadError as error:
        reason, cause = str(error), error.__cause__
    except Exception as error:  # noqa: BLE001 - damage shows in any way, and the author's code runs
        reason, cause = _reason(error), error
    wanted = f" (wanted as {values.type_text(typespec)})" if typespec is not None else ""
    problem = f"an artifact stored as {materializer}{wanted} cannot be read"
    raise LoadError(f"{problem}: {reason}") from cause


def reader_of(name: str) -> Reader:
    module, _, version = name.partition("@")
    reader = _SIMPLE.get(name)
    if reader is not None:
        return reader
    where = _MODULES.get(name)
    if where is None:
        raise LoadError(f"its format '{module}@{version}' is not known to this version of flowc")
    __import__(where)
    found: Reader = getattr(sys.modules[where], _FUNCTIONS.get(name, "read"))
    return found


def _save(value: object, path: str, output: OutputSpec | None) -> str:
    author = output["materializer"] if output is not None else None
    if author is not None:
        from flowc_runtime.materializers import custom

        return custom.save(value, path, author)
    kind = type(value)
    if kind is str and values.is_unicode(value):  # type: ignore[arg-type]
        return _write(path, value.encode(), "text@1")  # type: ignore[attr-defined]
    if kind is bytes:
        return _write(path, value, "bytes@1")  # type: ignore[arg-type]
    form = leaves.leaf_format(value)
    if form is None:
        return _save_structure(value, path)
    with open(path, "w+b") as file:
        if form.write(value, file):
            return form.name
    return _pickle(value, path)


def _save_structure(value: object, path: str) -> str:
    collected = _collect(value)
    if collected is None:
        return _pickle(value, path)
    encoded, blobs = collected
    if blobs:
        from flowc_runtime.materializers import trees

        return trees.save(encoded, blobs, path)
    return _write(path, values.dumps(encoded).encode("ascii"), "json@1")


def _collect(value: object) -> tuple[Json, list[leaves.Blob]] | None:
    """The encoded value and what is stored beside it; None for what is better pickled."""
    collector = leaves.Collector()
    try:
        return collector.encode(value), list(collector.blobs.values())
    except values.TooManyContainers:
        return None
    except values.NotEncodable:
        collector = leaves.PicklingCollector()
    try:
        encoded = collector.encode(value)
    except values.NotEncodable:
        return None
    # Pickled as a whole, a value keeps what its parts share. But the contents of a path would
    # not travel in a pickle.
    blobs = list(collector.blobs.values())
    return (encoded, blobs) if any(blob.form.name == "path@1" for blob in blobs) else None


def _pickle(value: object, path: str) -> str:
    from flowc_runtime.materializers import pickles

    form = pickles.format_of()
    with open(path, "wb") as file:
        form.write(value, file)
    return form.name


def _write(path: str, data: bytes, name: str) -> str:
    # Small values are the rule, and a file object would be half of their cost.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)
    return name


def _discard(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _subject(output: OutputSpec | None) -> str:
    return "the value" if output is None else f"output '{output['name']}'"


def _load(materializer: str, path: str) -> Any:
    if ":" in materializer:
        from flowc_runtime.materializers import custom

        return custom.load(materializer, path)
    with open(path, "rb") as file:
        return reader_of(materializer)(file, os.fstat(file.fileno()).st_size)


def _reason(error: Exception) -> str:
    """Why it cannot be read, as a distribution that is missing where that is the reason."""
    from flowc_runtime import imports

    missing = ""
    if isinstance(error, values.NotDecodable):
        missing = error.missing
    elif isinstance(error, ModuleNotFoundError):
        missing = error.name or ""
    if missing:
        distribution = imports.distribution_of(missing)
        return f"it needs {distribution}, which is not installed in {imports.place()}"
    is_ours = isinstance(error, values.NotDecodable)
    return str(error) if is_ours else f"{type(error).__name__}: {error}"


_SIMPLE: dict[str, Reader] = {
    "json@1": lambda file, size: values.loads(file.read(size)),
    "text@1": lambda file, size: file.read(size).decode(),
    "bytes@1": lambda file, size: file.read(size),
}
_MODULES = {
    "path@1": "flowc_runtime.materializers.paths",
    "numpy@1": "flowc_runtime.materializers.arrays",
    "pandas@1": "flowc_runtime.materializers.frames",
    "polars@1": "flowc_runtime.materializers.frames",
    "polars-series@1": "flowc_runtime.materializers.frames",
    "tree@1": "flowc_runtime.materializers.trees",
    "cloudpickle@1": "flowc_runtime.materializers.pickles",
    "pickle@1": "flowc_runtime.materializers.pickles",
}
_FUNCTIONS = {
    "pandas@1": "read_pandas",
    "polars@1": "read_polars",
    "polars-series@1": "read_polars_series",
}
