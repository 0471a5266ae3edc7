"""What is a file of its own: alone, or as a member of the container that holds it."""

from __future__ import annotations

import sys

from flowc_runtime import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    from flowc_runtime.contract import Json

    # A writer returns False, having written anything, when its format would lose something.
    Writer = Callable[[Any, BinaryIO], bool]

BLOB_SIZE = 1 << 16
"""Bytes inside a container from this size on are a member of a tree instead of base64."""


class SaveError(Exception):
    """A value cannot be stored; the text names it, the reason and the way out."""


class LoadError(Exception):
    """An artifact cannot be read here; the text says what is missing."""


class Format:
    """One way to write a value to a binary file; ``read`` in the same module is its inverse."""

    __slots__ = ("name", "suffix", "write")

    def __init__(self, name: str, suffix: str, write: Writer) -> None:
        self.name = name
        self.suffix = suffix
        self.write = write


class Blob:
    """A part of a container that is stored beside it."""

    __slots__ = ("form", "reference", "value")

    def __init__(self, value: object, form: Format) -> None:
        self.value = value
        self.form = form
        self.reference: dict[str, Json] = {"$blob": ""}


class Collector(values.Encoder):
    """Encodes a container with references in place of its blobs."""

    __slots__ = ("blobs",)

    def __init__(self) -> None:
        super().__init__(self._collect)
        self.blobs: dict[int, Blob] = {}

    def _collect(self, value: object) -> Json | None:
        form = leaf_format(value)
        return None if form is None else self._add(value, form)

    def _add(self, value: object, form: Format) -> Json:
        return self.blobs.setdefault(id(value), Blob(value, form)).reference


class PicklingCollector(Collector):
    """Makes a blob of what cannot be encoded, too."""

    __slots__ = ()

    def encode(self, value: object) -> Json:
        try:
            return super().encode(value)
        except values.TooManyContainers:
            raise
        except values.NotEncodable:
            from flowc_runtime.materializers import pickles

            return self._add(value, pickles.format_of())


def leaf_format(value: object) -> Format | None:
    """The stable format of a value that is a file of its own, also inside a container."""
    root = type(value).__module__.partition(".")[0]
    if root == "numpy":
        from flowc_runtime.materializers import arrays

        return arrays.format_of(value)
    if root in {"pandas", "polars"}:
        from flowc_runtime.materializers import frames

        return frames.format_of(value)
    pathlib = sys.modules.get("pathlib")
    if pathlib is not None and isinstance(value, pathlib.Path):
        from flowc_runtime.materializers import paths

        return paths.FORMAT
    return _BYTES if type(value) is bytes and len(value) >= BLOB_SIZE else None


def write_bytes(value: bytes, file: BinaryIO) -> bool:
    file.write(value)
    return True


_BYTES = Format("bytes@1", "bin", write_bytes)
