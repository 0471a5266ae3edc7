"""Artifacts with a format of their own, as far as their libraries are installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tests.values import samples

if TYPE_CHECKING:
    from pathlib import Path


def library(name: str) -> Any:
    """A library whose types are not looked at."""
    return import_module(name)


def stable(folder: Path) -> dict[str, object]:
    """One value of each format that is to give the same bytes everywhere."""
    report = make_folder(folder / "report")
    wares: dict[str, object] = {
        "folder": report,
        "file": report / "run.sh",
        "tree": {"files": [report], "b": {1, "x"}},
    }
    for library, make in {
        "numpy": arrays,
        "pandas": pandas_frames,
        "polars": polars_frames,
    }.items():
        if find_spec(library) and (library != "pandas" or find_spec("pyarrow")):
            made = make()
            wares.update(made)
            wares[f"tree of {library}"] = {"b": list(made.values()), "a": frozenset("xyz")}
    return wares


def make_folder(folder: Path) -> Path:
    """A folder with all that a folder may hold."""
    if not folder.exists():
        (folder / "sub" / "empty").mkdir(parents=True)
        (folder / "sub" / "ü x.txt").write_text("text")
        (folder / ("long" * 40)).write_bytes(b"\x00" * 100_000)
        (folder / "run.sh").write_text("#!/bin/sh\n")
        (folder / "run.sh").chmod(0o700)
        (folder / "link").symlink_to("sub/ü x.txt")
        (folder / "sub" / "up").symlink_to("../run.sh")
        (folder / "broken").symlink_to("nowhere")
    return folder


def arrays() -> dict[str, Any]:
    np = library("numpy")

    table = np.arange(12, dtype="<f8").reshape(3, 4)
    return {
        "array": table,
        "fortran": np.asfortranarray(table),
        "big-endian": np.arange(3, dtype=">i4"),
        "zero-dimensional": np.array(7),
        "empty": np.zeros((0, 3)),
        "strided": table[:, ::2],
        "reversed": table[::-1],
        "broadcast": np.broadcast_to(np.arange(3), (2, 3)),
        "text": np.array(["a", "üb"]),
        "no text": np.array(["", ""]),
        "octets": np.array([b"a", b"bc"]),
        "dates": np.array(["2024-01-01", "NaT"], dtype="M8[ns]"),
        "record": np.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "<f8", (1,))]),
        "aligned": np.zeros(2, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        "half": np.arange(3, dtype="f2"),
        "complex": np.arange(3) * 1j,
        "bool": np.array([True, False]),
        "mapped": np.arange(1 << 18, dtype="<i8"),
    }


def pandas_frames() -> dict[str, Any]:
    np, pd = library("numpy"), library("pandas")

    days = pd.date_range("2024-01-01", periods=3, tz="Europe/Berlin", name="day")
    frame = pd.DataFrame(
        {
            "int": [1, 2, 3],
            "float": [0.1, float("nan"), float("inf")],
            "text": ["a", None, "ü"],
            "object": pd.Series(["a", None, "b"], dtype=object),
            "missing": pd.Series(["a", float("nan"), "b"], dtype=object),
            "flag": [True, False, True],
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "category": pd.Categorical(["x", "y", "x"], ["y", "x", "z"], ordered=True),
            "time": pd.to_datetime(["2024-01-01", None, "2024-01-03"]),
            "span": pd.to_timedelta([1, 2, 3], unit="s"),
        }
    ).set_index(days)
    frame.attrs["source"] = {"rows": 3, "scale": (1, 2)}
    levels = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["letter", None])
    return {
        "frame": frame,
        "numbered": pd.DataFrame(np.zeros((2, 3), dtype="f4")),
        "sparse rows": frame.iloc[::2],
        "no rows": frame.drop(columns="category").iloc[:0],
        "levels": pd.DataFrame({"v": range(4)}, index=levels),
        "level columns": pd.DataFrame(np.zeros((2, 4)), columns=levels),
        "series": pd.Series([1.5, 2.5], name=("a", 1)),
        "nameless": pd.Series(["a", "b"], index=[3, 7]),
        "unique": pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False),
    }


def polars_frames() -> dict[str, Any]:
    import datetime as dt
    from decimal import Decimal

    pl = library("polars")

    frame = pl.DataFrame(
        {
            "int": [1, None, 3],
            "float": [0.1, float("nan"), None],
            "text": ["a", None, "ü"],
            "list": [[1], [], None],
            "struct": [{"a": 1}, {"a": None}, None],
            "date": [dt.date(2024, 1, 1), None, None],
            "decimal": [Decimal("1.10"), None, None],
            "time": [dt.datetime(2024, 1, 1, tzinfo=samples.BERLIN), None, None],
            "binary": [b"\x00", None, b""],
        }
    ).with_columns(pl.col("text").cast(pl.Categorical).alias("category"))
    return {
        "polars": frame,
        "polars series": pl.Series("s", [1, 2], dtype=pl.Int8),
        "many rows": pl.DataFrame({"a": range(600_000)}),
        "no columns": pl.DataFrame({"a": []}, schema={"a": pl.Enum(["x", "y"])}),
    }
