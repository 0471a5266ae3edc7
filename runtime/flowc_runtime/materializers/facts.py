"""What can be said about a value without reading it: kept with its artifact, for people."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc_runtime.contract import Json

SIZED = (str, bytes, bytearray, list, tuple, dict, set, frozenset)

MOST_COLUMNS = 100
"""Of a wider frame only the first columns are told."""


def facts_of(value: Any) -> dict[str, Json]:
    """Facts by name; none for a value that has none to tell, or will not tell them."""
    try:
        if isinstance(value, SIZED):
            return {"length": _length(value)}
        return _of_library(value)
    except Exception:  # noqa: BLE001 - the value's own code; facts are worth no failed step
        return {}


def _length(value: Any) -> int:
    return len(value)


def _of_library(value: Any) -> dict[str, Json]:
    root = type(value).__module__.partition(".")[0]
    if root == "numpy" and hasattr(value, "shape"):
        return {"shape": [int(size) for size in value.shape], "dtype": str(value.dtype)}
    if root in {"pandas", "polars"} and hasattr(value, "columns"):
        return _of_frame(value)
    if root in {"pandas", "polars"} and hasattr(value, "dtype"):
        return {"length": len(value), "dtype": str(value.dtype)}
    pathlib = sys.modules.get("pathlib")
    if pathlib is not None and isinstance(value, pathlib.Path):
        return _of_path(value)
    return {}


def _of_frame(frame: Any) -> dict[str, Json]:
    rows, columns = frame.shape
    names = [str(name) for name in frame.columns[:MOST_COLUMNS]]
    dtypes = list(frame.dtypes)[:MOST_COLUMNS]
    told = {name: str(dtype) for name, dtype in zip(names, dtypes, strict=True)}
    return {"rows": rows, "columns": columns, "dtypes": told}


def _of_path(path: Any) -> dict[str, Json]:
    if not path.is_dir():
        return {"files": 1, "bytes": path.stat().st_size}
    sizes = [
        os.lstat(os.path.join(folder, name)).st_size
        for folder, _, names in os.walk(str(path))
        for name in names
    ]
    return {"files": len(sizes), "bytes": sum(sizes)}
