from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from flowc_runtime import materializers
from tests.values import wares
from tests.values.storing import stored

if TYPE_CHECKING:
    from pathlib import Path

pd: Any = import_module("pandas")
pl: Any = import_module("polars")

PANDAS = wares.pandas_frames()
POLARS = wares.polars_frames()


@pytest.mark.parametrize("name", PANDAS)
def test_pandas_frames_come_back_the_same(name: str, tmp_path: Path) -> None:
    frame = PANDAS[name]
    form, again = stored(frame, tmp_path)
    assert form == "pandas@1"
    compare: Any = (
        pd.testing.assert_series_equal
        if isinstance(frame, pd.Series)
        else pd.testing.assert_frame_equal
    )
    compare(again, frame, check_exact=True, check_freq=True, check_flags=True)
    assert again.attrs == frame.attrs
    assert getattr(again.index, "freq", None) == getattr(frame.index, "freq", None)
    assert type(again.index) is type(frame.index)


def test_none_and_nan_in_a_column_of_objects_stay_apart(tmp_path: Path) -> None:
    _, again = stored(PANDAS["frame"], tmp_path)
    assert again["object"].iloc[1] is None
    assert isinstance(again["missing"].iloc[1], float)


class Subclass(pd.DataFrame):  # type: ignore[misc]
    pass


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": pd.Series([1, "x"], dtype=object)}),
        pd.DataFrame({"a": pd.Series([[1], [2]], dtype=object)}),
        pd.DataFrame({"a": pd.Series([True, 1], dtype=object)}),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame([[1, 2]], columns=pd.Index(["a", 1], dtype=object)),
        pd.DataFrame({"a": pd.Categorical(["x"], ["x", "y"])}).iloc[:0],
        pd.DataFrame({"a": [1 + 1j]}),
        Subclass({"a": [1]}),
    ],
)
def test_what_parquet_does_not_keep_is_pickled(frame: Any, tmp_path: Path) -> None:
    form, again = stored(frame, tmp_path)
    assert form.endswith("pickle@1")
    assert type(again) is type(frame)
    pd.testing.assert_frame_equal(again, frame, check_exact=True)


def test_attrs_that_are_no_json_are_kept_by_a_pickle(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["x"] = Subclass
    form, again = stored(frame, tmp_path)
    assert form.endswith("pickle@1")
    assert again.attrs["x"] is Subclass


def test_without_pyarrow_pandas_frames_are_pickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    form, _ = stored(pd.DataFrame({"a": [1]}), tmp_path)
    assert form.endswith("pickle@1")


@pytest.mark.parametrize("name", POLARS)
def test_polars_frames_come_back_the_same(name: str, tmp_path: Path) -> None:
    frame = POLARS[name]
    form, again = stored(frame, tmp_path)
    assert form == ("polars-series@1" if isinstance(frame, pl.Series) else "polars@1")
    assert type(again) is type(frame)
    assert again.equals(frame)
    assert (
        again.name == frame.name if isinstance(frame, pl.Series) else again.schema == frame.schema
    )


def test_polars_frames_of_objects_are_refused_as_polars_cannot_pickle_them(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [object()]}, schema={"a": pl.Object})
    with pytest.raises(materializers.SaveError, match=r"it is a polars\."):
        stored(frame, tmp_path)


def test_a_frame_in_a_container_that_parquet_does_not_keep_is_pickled_alone(
    tmp_path: Path,
) -> None:
    good, bad = pd.DataFrame({"a": [1]}), pd.DataFrame([[1, 2]], columns=["a", "a"])
    form, again = stored({"good": good, "bad": bad}, tmp_path)
    assert form == "tree@1"
    pd.testing.assert_frame_equal(again["good"], good)
    pd.testing.assert_frame_equal(again["bad"], bad)
