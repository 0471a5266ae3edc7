"""numpy arrays as npy, without pickle.

The header is written here and not by numpy, whose padding differs between its versions; any numpy
reads it.
"""

from __future__ import annotations

from flowc_runtime.materializers.leaves import Format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

_MAGIC = b"\x93NUMPY\x01\x00"
_ALIGNMENT = 64
_MAPPED_SIZE = 1 << 20
_CHUNK = 1 << 24
_KINDS = frozenset("biufcmMSUV")

# numpy's reader refuses longer ones, because it evaluates them.
_LONGEST_HEADER = 10_000


def format_of(value: Any) -> Format | None:
    """Only arrays of numpy's own class: a matrix or a masked array would come back as an array."""
    import numpy as np

    if type(value) is not np.ndarray or _header(value) is None:
        return None
    return _FORMAT


def write(value: Any, file: BinaryIO) -> bool:
    header = _header(value)
    if header is None:
        return False
    file.write(header)
    if value.nbytes == 0:
        return True
    if value.flags.c_contiguous or value.flags.f_contiguous:
        _write_contiguous(value if value.flags.c_contiguous else value.T, file)
    else:
        _write_strided(value, file)
    return True


def read(file: BinaryIO, size: int) -> Any:
    """Arrays from 1 MiB on are mapped copy-on-write: they cost what is touched."""
    import numpy as np

    start = file.tell()
    np.lib.format.read_magic(file)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    order: Any = "F" if fortran else "C"
    length = size - (file.tell() - start)
    if length == 0:
        return np.empty(shape, dtype, order)
    if length >= _MAPPED_SIZE:
        mapped: Any = np.memmap
        return mapped(file, dtype, "c", file.tell(), shape, order).view(np.ndarray)
    flat: Any = np.frombuffer(bytearray(file.read(length)), dtype)
    return flat.reshape(shape, order=order)


def _header(value: Any) -> bytes | None:
    """The start of the file, or None when npy cannot hold the array as it is."""
    import numpy as np

    dtype = value.dtype
    if dtype.hasobject or dtype.kind not in _KINDS or dtype.metadata:
        return None
    descr = np.lib.format.dtype_to_descr(dtype)
    if np.lib.format.descr_to_dtype(descr) != dtype:
        return None
    fortran = value.flags.f_contiguous and not value.flags.c_contiguous
    text = f"{{'descr': {descr!r}, 'fortran_order': {fortran}, 'shape': {value.shape}, }}"
    if len(text) > _LONGEST_HEADER or not text.isascii():
        return None
    prefix = len(_MAGIC) + 2
    length = -(-(prefix + len(text) + 1) // _ALIGNMENT) * _ALIGNMENT - prefix
    body = text.encode("ascii").ljust(length - 1) + b"\n"
    return _MAGIC + length.to_bytes(2, "little") + body


def _write_contiguous(value: Any, file: BinaryIO) -> None:
    import numpy as np

    data = memoryview(value.reshape(-1).view(np.uint8))
    file.writelines(data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))


def _write_strided(value: Any, file: BinaryIO) -> None:
    import numpy as np

    flags: Any = ["external_loop", "buffered"]
    items = max(_CHUNK // value.itemsize, 1)
    chunks: Any = np.nditer(value, flags, buffersize=items, order="C")
    file.writelines(chunk.tobytes() for chunk in chunks)


_FORMAT = Format("numpy@1", "npy", write)
