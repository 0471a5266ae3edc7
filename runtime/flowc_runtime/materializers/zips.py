"""An uncompressed zip whose bytes depend on nothing but names and contents.

The standard library's writer changes its mind about headers between versions of Python. Every
entry here is written in the one form that has room for any size (zip64), dated 1980-01-01, and
its contents begin at a multiple of 64.
"""

from __future__ import annotations

import struct
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO

_ALIGNMENT = 64
_VERSION = 45  # the first with zip64
_UNIX = 3 << 8
_FIRST_DAY = 1 << 5 | 1
_FULL, _FULL_SHORT = 0xFFFFFFFF, 0xFFFF
_ZIP64, _PADDING = 1, 0xD935  # kinds of extra fields; the second is what zipalign uses
_MODE = 0o100644 << 16

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL_SIZES = struct.Struct("<2H2Q")
_CENTRAL_SIZES = struct.Struct("<2H3Q")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")


class Entry:
    """The contents of one entry while they are written; as much of a file as writers need."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self.name = name.encode("ascii")
        self.offset = file.tell()
        self.size = 0
        self.checksum = 0

    def write(self, data: bytes | memoryview) -> int:
        self._file.write(data)
        self.checksum = zlib.crc32(data, self.checksum)
        written = memoryview(data).nbytes
        self.size += written
        return written

    def writelines(self, chunks: Iterable[bytes | memoryview]) -> None:
        for chunk in chunks:
            self.write(chunk)


class Zip:
    """Writes a zip; ``close`` must be called for it to become one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._entries: list[Entry] = []

    def add(self, name: str, write: Callable[[Entry], object]) -> None:
        entry = Entry(self._file, name)
        self._file.write(_local_header(entry))
        write(entry)
        end = self._file.tell()
        self._file.seek(entry.offset)
        self._file.write(_local_header(entry))
        self._file.seek(end)
        self._entries.append(entry)

    def close(self) -> None:
        start = self._file.tell()
        self._file.writelines(map(_central_header, self._entries))
        end = self._file.tell()
        count = len(self._entries)
        ending = (count, count, end - start, start)
        self._file.write(
            _END64.pack(b"PK\6\6", _END64.size - 12, _VERSION, _VERSION, 0, 0, *ending)
        )
        self._file.write(_LOCATOR.pack(b"PK\6\7", 0, end, 1))
        self._file.write(_END.pack(b"PK\5\6", 0, 0, *[_FULL_SHORT] * 2, _FULL, _FULL, 0))


def _local_header(entry: Entry) -> bytes:
    sizes = _LOCAL_SIZES.pack(_ZIP64, 16, entry.size, entry.size)
    used = entry.offset + _LOCAL.size + len(entry.name) + len(sizes) + 4
    padding = bytes(-used % _ALIGNMENT)
    extra = sizes + struct.pack("<2H", _PADDING, len(padding)) + padding
    stamp = (_VERSION, 0, 0, 0, _FIRST_DAY, entry.checksum)
    lengths = (len(entry.name), len(extra))
    return _LOCAL.pack(b"PK\3\4", *stamp, _FULL, _FULL, *lengths) + entry.name + extra


def _central_header(entry: Entry) -> bytes:
    extra = _CENTRAL_SIZES.pack(_ZIP64, 24, entry.size, entry.size, entry.offset)
    stamp = (_UNIX | _VERSION, _VERSION, 0, 0, 0, _FIRST_DAY, entry.checksum)
    lengths = (len(entry.name), len(extra), 0, 0, 0)
    header = _CENTRAL.pack(b"PK\1\2", *stamp, _FULL, _FULL, *lengths, _MODE, _FULL)
    return header + entry.name + extra
