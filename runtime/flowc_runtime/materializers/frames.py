"""pandas and polars frames as parquet, whenever that gives back the same frame.

What was written is read again and compared before it counts: which index, dtype or object
survives depends on the versions of three libraries. pandas keeps its own description of the index
in the file; what that leaves out is added under the key ``flowc``.
"""

from __future__ import annotations

from flowc_runtime import values
from flowc_runtime.materializers.leaves import Format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from flowc_runtime.contract import Json

_KEY = b"flowc"
_SERIES_COLUMN = "value"
_COMPRESSION: Any = "zstd"
_ROW_GROUP = 1 << 18


def format_of(value: Any) -> Format | None:
    """Only the libraries' own classes; a subclass holds more than its frame."""
    name = f"{type(value).__module__.partition('.')[0]}.{type(value).__qualname__}"
    return _FORMATS.get(name) if type(value).__qualname__ in {"DataFrame", "Series"} else None


def read_pandas(file: BinaryIO, size: int) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pa.BufferReader(file.read(size)))
    return _from_table(table)


def read_polars(file: BinaryIO, size: int) -> Any:
    import io

    import polars as pl

    return pl.read_parquet(io.BytesIO(file.read(size)))


def read_polars_series(file: BinaryIO, size: int) -> Any:
    return read_polars(file, size).to_series()


def _write_pandas(value: Any, file: BinaryIO) -> bool:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return False
    try:
        table = _to_table(value)
        if not _same(value, _from_table(table)):
            return False
        pq.write_table(table, file, compression=_COMPRESSION, row_group_size=_ROW_GROUP)
        file.seek(0)
        return _same(value, _from_table(pq.read_table(pa.BufferReader(file.read()))))
    except (pa.ArrowException, ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return False


def _write_polars(value: Any, file: BinaryIO) -> bool:
    import polars as pl

    series = isinstance(value, pl.Series)
    frame = value.to_frame() if series else value
    try:
        frame.write_parquet(file, compression=_COMPRESSION, row_group_size=_ROW_GROUP)
        file.seek(0)
        again = read_polars(file, -1)
    except (pl.exceptions.PolarsError, ValueError, TypeError, NotImplementedError, OSError):
        return False
    return bool(again.schema == frame.schema and again.equals(frame))


def _to_table(value: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    series = isinstance(value, pd.Series)
    frame = value.to_frame(_SERIES_COLUMN) if series else value
    table = pa.Table.from_pandas(frame)
    extra = {
        "series": series,
        "name": values.encode(value.name) if series else None,
        "attrs": values.encode(value.attrs),
        "columns": _range(frame.columns),
        "freq": getattr(frame.index, "freqstr", None),
        "nan": [
            position for position in range(frame.shape[1]) if _has_nan(frame.iloc[:, position])
        ],
        "unique": not value.flags.allows_duplicate_labels,
    }
    metadata = {**(table.schema.metadata or {}), _KEY: values.dumps(extra).encode("ascii")}
    return table.replace_schema_metadata(metadata)


def _from_table(table: Any) -> Any:
    import json

    import pandas as pd

    extra = json.loads(table.schema.metadata[_KEY])
    frame = table.to_pandas()
    for position in extra["nan"]:
        column = frame.iloc[:, position]
        frame.isetitem(position, column.where(column.notna(), float("nan")))
    if extra["columns"] is not None:
        frame.columns = pd.RangeIndex(
            *extra["columns"][:3], name=values.decode(extra["columns"][3])
        )
    if isinstance(frame.index, pd.DatetimeIndex | pd.TimedeltaIndex):
        frame.index.freq = extra["freq"]
    found: Any = frame
    if extra["series"]:
        found = frame.iloc[:, 0].rename(values.decode(extra["name"]))
    found.attrs = values.decode(extra["attrs"])
    return found.set_flags(allows_duplicate_labels=not extra["unique"])


def _range(index: Any) -> Json:
    import pandas as pd

    if type(index) is not pd.RangeIndex:
        return None
    return [index.start, index.stop, index.step, values.encode(index.name)]


def _has_nan(column: Any) -> bool:
    """Whether a column of objects marks what is missing by NaN, where parquet has only null."""
    if column.dtype != object:
        return False
    missing = column[column.isna()]
    return len(missing) > 0 and all(type(item) is float for item in missing)


def _same(one: Any, other: Any) -> bool:
    import pandas as pd

    if type(one) is not type(other) or one.attrs != other.attrs:
        return False
    compare: Any = pd.testing.assert_frame_equal
    options = {"check_column_type": "exact"}
    parts = [(one.index, other.index)]
    if isinstance(one, pd.Series):
        compare, options = pd.testing.assert_series_equal, {}
        parts.append((one, other))
    else:
        parts += [(one.iloc[:, i], other.iloc[:, i]) for i in range(one.shape[1])]
    try:
        compare(one, other, check_exact=True, check_index_type="exact", **options)
    except AssertionError:
        return False
    return all(_same_objects(*part) for part in parts)


def _same_objects(one: Any, other: Any) -> bool:
    """Objects that are equal can still differ: ``1`` and ``True``, ``1.0`` and ``1.00``."""
    if one.dtype != object:
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
