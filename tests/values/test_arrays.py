from __future__ import annotations

import resource
import zipfile
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from tests.values import samples, wares
from tests.values.storing import stored

if TYPE_CHECKING:
    from pathlib import Path

np: Any = import_module("numpy")

ARRAYS = wares.arrays()


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_keep_contents_dtype_shape_and_order(name: str, tmp_path: Path) -> None:
    array = ARRAYS[name]
    form, again = stored(array, tmp_path)
    assert form == "numpy@1"
    assert type(again) is np.ndarray
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()
    if array.flags.contiguous:
        assert again.flags.f_contiguous == array.flags.f_contiguous
    assert again.flags.writeable


def test_numpy_itself_reads_what_was_written(tmp_path: Path) -> None:
    for array in ARRAYS.values():
        stored(array, tmp_path)
        with (tmp_path / "artifact").open("rb") as file:
            assert np.lib.format.read_array(file, allow_pickle=False).tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "array",
    [
        np.array([1, None], dtype=object),
        np.array([(1, None)], dtype=[("a", "i4"), ("b", object)]),
        np.ma.masked_array([1, 2], [True, False]),
        np.array([1], dtype=np.dtype("i4", metadata={"unit": "m"})),
        np.array([(1,)], dtype=[("ü", "i4")]),
        np.zeros(2).view(np.recarray),
    ],
)
def test_what_npy_would_change_is_pickled(array: object, tmp_path: Path) -> None:
    form, again = stored(array, tmp_path)
    assert form.endswith("pickle@1")
    assert type(again) is type(array)


def test_a_large_array_can_be_written_to_without_changing_the_artifact(tmp_path: Path) -> None:
    array = np.zeros(1 << 18)
    _, again = stored(array, tmp_path)
    before = (tmp_path / "artifact").read_bytes()
    again[:] = 1
    assert (tmp_path / "artifact").read_bytes() == before


def test_saving_and_loading_hold_no_second_copy(tmp_path: Path) -> None:
    array = np.ones((64, 1 << 17)).T  # 64 MiB, in Fortran order
    stored(np.ones(1 << 18), tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _, again = stored(array, tmp_path)
    assert again[1, 1] == 1
    _, trees = stored({"a": array, "b": [array]}, tmp_path)
    assert trees["a"] is trees["b"][0]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024


def test_containers_hold_arrays_and_share_them(tmp_path: Path) -> None:
    array = np.arange(1 << 18)
    value = samples.Arrays("a", {"x": array, "y": (array, np.float32(1.5)), 3: np.arange(3)})
    form, again = stored(value, tmp_path)
    assert form == "tree@1"
    assert type(again) is samples.Arrays
    assert again.values["x"] is again.values["y"][0]
    assert np.array_equal(again.values["x"], array)
    assert again.values["x"].flags.aligned
    assert type(again.values["y"][1]) is np.float32
    assert list(again.values) == ["x", "y", 3]


def test_arrays_beside_what_must_be_pickled_are_pickled_with_it(tmp_path: Path) -> None:
    array = np.arange(3)
    holder = samples.Plain(array)
    form, again = stored([array, holder], tmp_path)
    assert form.endswith("pickle@1")
    assert again[1].content is again[0]


def test_a_dict_with_the_key_of_a_reference_is_no_reference(tmp_path: Path) -> None:
    value = {"$blob": "0.npy", "a": [{"$blob": "0.npy"}, np.arange(2)]}
    _, again = stored(value, tmp_path)
    assert again["$blob"] == "0.npy"
    assert again["a"][0] == {"$blob": "0.npy"}
    assert again["a"][1].tolist() == [0, 1]


def test_long_bytes_in_a_container_are_no_base64(tmp_path: Path) -> None:
    form, again = stored({"a": b"x" * 100_000, "b": b"y"}, tmp_path)
    assert (form, again) == ("tree@1", {"a": b"x" * 100_000, "b": b"y"})
    assert (tmp_path / "artifact").stat().st_size < 102_000


def test_a_tree_is_a_zip_for_everyone(tmp_path: Path) -> None:
    stored({"a": np.arange(3), "b": np.arange(1 << 18)}, tmp_path)
    with zipfile.ZipFile(tmp_path / "artifact") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["0.npy", "1.npy", "value.json"]
        assert archive.read("value.json") == b'{"a":{"$blob":"0.npy"},"b":{"$blob":"1.npy"}}'
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
