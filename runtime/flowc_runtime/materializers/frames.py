"""pandas and polars frames as parquet, whenever that gives back the same frame.

What was written is read again and compared before it counts: which index, dtype or object
survives depends on the versions of three libraries. pandas keeps its own description of the index
in the file; what that leaves out is added under the key ``flowc``.
"""

from __future__ import annotations

import io
import json
import warnings

from flowc_runtime import values
from flowc_runtime.materializers.leaves import Format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from flowc_runtime.contract import Json

_KEY = b"flowc"
_SERIES_COLUMN = "value"

# Given, because the defaults depend on the version, and for polars on the number of processors.
_OPTIONS: dict[str, Any] = {"compression": "zstd", "row_group_size": 1 << 18}


def format_of(value: object) -> Format | None:
    """Only the libraries' own classes: a subclass holds more than its frame."""
    kind = type(value)
    return _FORMATS.get(f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}")


def read_pandas(file: BinaryIO, size: int) -> Any:
    return _from_table(_read_table(file.read(size)))


def read_polars(file: BinaryIO, size: int) -> Any:
    return _load("polars").read_parquet(io.BytesIO(file.read(size)))


def read_polars_series(file: BinaryIO, size: int) -> Any:
    return read_polars(file, size).to_series()


def _load(name: str) -> Any:
    """Import a library whose types are not looked at."""
    return __import__(name, fromlist=["name"])


def _read_table(data: bytes) -> Any:
    return _load("pyarrow.parquet").read_table(_load("pyarrow").BufferReader(data))


def _write_pandas(value: Any, file: BinaryIO) -> bool:
    try:
        pyarrow, parquet = _load("pyarrow"), _load("pyarrow.parquet")
    except ImportError:
        return False
    refusals = (pyarrow.ArrowException, ValueError, TypeError, LookupError, AttributeError)
    with warnings.catch_warnings():
        # pyarrow warns of what it will lose; here that is looked at afterwards.
        warnings.simplefilter("ignore")
        try:
            parquet.write_table(_to_table(value, pyarrow), file, **_OPTIONS)
            file.seek(0)
            again = _from_table(_read_table(file.read()))
        except (*refusals, OverflowError, NotImplementedError):
            return False
        return _is_same(value, again)


def _write_polars(value: Any, file: BinaryIO) -> bool:
    polars = _load("polars")
    frame = value.to_frame() if isinstance(value, polars.Series) else value
    refusals = (polars.exceptions.PolarsError, ValueError, TypeError, NotImplementedError)
    try:
        frame.write_parquet(file, **_OPTIONS)
        file.seek(0)
        again = read_polars(file, -1)
    # The engine of polars panics over some types; that error is no Exception.
    except (*refusals, OSError, polars.exceptions.PanicException):
        return False
    return bool(again.schema == frame.schema and again.equals(frame))


def _to_table(value: Any, pyarrow: Any) -> Any:
    is_series = type(value).__qualname__ == "Series"
    frame = value.to_frame(_SERIES_COLUMN) if is_series else value
    table = pyarrow.Table.from_pandas(frame)
    extra = {
        "series": [values.encode(value.name)] if is_series else None,
        "attrs": values.encode(value.attrs),
        "columns": _range_of(frame.columns),
        "freq": getattr(frame.index, "freqstr", None),
        "objects": {i: _marks_by_nan(frame.iloc[:, i]) for i in _object_columns(frame)},
        "unique": not value.flags.allows_duplicate_labels,
    }
    metadata: dict[bytes, bytes] = {**(table.schema.metadata or {})}
    metadata[_KEY] = values.dumps(extra).encode("ascii")
    return table.replace_schema_metadata(metadata)


def _from_table(table: Any) -> Any:
    pandas = _load("pandas")
    extra = json.loads(table.schema.metadata[_KEY])
    frame = table.to_pandas()
    for position, by_nan in extra["objects"].items():
        column = frame.iloc[:, int(position)].astype(object)
        missing = float("nan") if by_nan else None
        frame.isetitem(int(position), column.where(column.notna(), missing))
    if extra["columns"] is not None:
        start, stop, step, name = extra["columns"]
        frame.columns = pandas.RangeIndex(start, stop, step, name=values.decode(name))
    if extra["freq"] is not None and hasattr(frame.index, "freq"):
        frame.index.freq = extra["freq"]
    if extra["series"] is not None:
        frame = frame.iloc[:, 0].rename(values.decode(extra["series"][0]))
    frame.attrs = values.decode(extra["attrs"])
    return frame.set_flags(allows_duplicate_labels=not extra["unique"])


def _range_of(index: Any) -> Json:
    """Columns without names are a range, which parquet turns into a list of numbers."""
    if type(index).__qualname__ != "RangeIndex":
        return None
    return [index.start, index.stop, index.step, values.encode(index.name)]


def _object_columns(frame: Any) -> list[int]:
    """Where the columns of objects are; from pandas 3 on, those of text come back as text."""
    return [i for i, dtype in enumerate(frame.dtypes) if str(dtype) == "object"]


def _marks_by_nan(column: Any) -> bool:
    """Whether what is missing is marked by NaN, where parquet has only null."""
    missing = column[column.isna()]
    return len(missing) > 0 and all(type(item) is float for item in missing)


def _is_same(one: Any, other: Any) -> bool:
    testing = _load("pandas").testing
    options: dict[str, Any] = {"check_exact": True, "check_index_type": "exact"}
    parts = [(one.index, other.index)]
    try:
        if type(one).__qualname__ == "Series":
            testing.assert_series_equal(one, other, **options)
            parts.append((one, other))
        else:
            testing.assert_frame_equal(one, other, check_column_type="exact", **options)
            parts += [(one.iloc[:, i], other.iloc[:, i]) for i in range(one.shape[1])]
    except AssertionError:
        return False
    same_attrs = repr(one.attrs) == repr(other.attrs)
    return same_attrs and all(_has_same_objects(*part) for part in parts)


def _has_same_objects(one: Any, other: Any) -> bool:
    """Objects that are equal can still differ: ``1`` and ``True``, ``1.0`` and ``1.00``."""
    if str(one.dtype) != "object":
        return True
    pairs = zip(one, other, strict=True)
    return all(
        type(a) is type(b) and (a == b if type(a) is str else repr(a) == repr(b)) for a, b in pairs
    )


_PANDAS = Format("pandas@1", "pandas.parquet", _write_pandas)
_FORMATS = {
    "pandas.DataFrame": _PANDAS,
    "pandas.Series": _PANDAS,
    "polars.DataFrame": Format("polars@1", "polars.parquet", _write_polars),
    "polars.Series": Format("polars-series@1", "series.parquet", _write_polars),
}
