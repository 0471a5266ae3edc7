from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from flowc_runtime import materializers, values
from tests.interpreters import interpreters
from tests.values import samples
from tests.values.storing import digest, output, stored
from tests.values.test_encoding import shape


@pytest.mark.parametrize("name", samples.STABLE)
def test_every_supported_value_is_stored_without_pickle(name: str, tmp_path: Path) -> None:
    value = samples.STABLE[name]
    form, again = stored(value, tmp_path)
    assert form in {"json@1", "text@1", "bytes@1"}
    assert shape(again) == shape(value)


@pytest.mark.parametrize("name", samples.UNSTABLE)
def test_the_rest_is_pickled_unchanged(name: str, tmp_path: Path) -> None:
    value, _ = samples.UNSTABLE[name]
    form, again = stored(value, tmp_path)
    assert form == "cloudpickle@1"
    assert type(again) is type(value)


def test_text_and_bytes_are_readable_as_they_are(tmp_path: Path) -> None:
    assert stored("naïve\r\n", tmp_path)[0] == "text@1"
    assert (tmp_path / "artifact").read_bytes() == "naïve\r\n".encode()
    assert stored(b"\x00", tmp_path)[0] == "bytes@1"
    assert (tmp_path / "artifact").read_bytes() == b"\x00"


def test_json_keeps_the_order_of_a_dict(tmp_path: Path) -> None:
    _, again = stored({"b": 1, "a": 2}, tmp_path)
    assert list(again) == ["b", "a"]


def test_lists_that_grow_without_end_when_written_out_are_pickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "MAX_CONTAINERS", 1000)
    bottoms: list[list[Any]] = [[], [samples.Plain(1)]]
    for bottom in bottoms:
        value = bottom
        for _ in range(90):
            value = [value, value]
        form, again = stored(value, tmp_path)
        assert form.endswith("pickle@1")
        assert again[0] is again[1]


def test_paths_in_a_set_are_stored_in_a_stable_order(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name)
    _, again = stored({tmp_path / name for name in "abc"}, tmp_path)
    assert sorted(path.read_text() for path in again) == ["a", "b", "c"]


def test_the_type_is_recorded_for_people(tmp_path: Path) -> None:
    kinds = [
        materializers.save(value, str(tmp_path / "x")).type
        for value in (1, samples.Config(1), tmp_path, None)
    ]
    assert kinds == ["int", "tests.values.samples.Config", "pathlib.PosixPath", "NoneType"]


def test_what_cannot_be_pickled_is_named_with_the_reason_and_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "artifact"
    with pytest.raises(materializers.SaveError) as caught:
        materializers.save({"lock": threading.Lock()}, str(path), output())
    text = str(caught.value)
    assert text.startswith(
        "output 'model' cannot be stored: it is a dict, and pickling it raised "
    )
    assert "_thread.lock" in text
    assert "materializer" in text
    assert not path.exists()


def test_pickle_serves_where_cloudpickle_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    form, again = stored(samples.Plain([1]), tmp_path)
    assert (form, again.content) == ("pickle@1", [1])
    with pytest.raises(materializers.SaveError, match="pickling it raised"):
        materializers.save(lambda: 0, str(tmp_path / "x"))


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np: Any = import_module("numpy")
    path = str(tmp_path / "x")
    saved = materializers.save(np.zeros(3), path)
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(materializers.LoadError) as caught:
        materializers.load(saved.materializer, path, {"kind": "class", "name": "numpy:ndarray"})
    assert str(caught.value) == (
        "an artifact stored as numpy@1 (wanted as numpy.ndarray) cannot be read: "
        "it needs numpy, which is not installed in this image"
    )


def test_a_missing_class_of_a_pickle_is_named_by_its_distribution(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\x80\x04ccv2.ml\nKNearest\n.")
    with pytest.raises(materializers.LoadError, match="it needs opencv-python, which is not"):
        materializers.load("pickle@1", str(path))


@pytest.mark.parametrize(
    ("form", "data", "text"),
    [
        ("json@1", b"{", "cannot be read"),
        ("json@1", b'{"$nope": 1}', "is no tag"),
        ("text@1", b"\xff", "cannot be read"),
        ("pickle@1", b"\x80\x05.", "cannot be read"),
        ("pickle@1", pickle.dumps(Path("x"))[:-5], "cannot be read"),
        ("tree@1", b"PK", "the zip is damaged"),
        ("path@1", b"no tar at all" * 100, "the tar is damaged"),
        ("path@1", b"", "the tar is damaged"),
        ("json@2", b"1", "'json@2' is not known to this version of flowc"),
        ("future@1", b"1", "'future@1' is not known"),
        ("no.such:Thing@1", b"1", "it needs no, which is not installed"),
    ],
)
def test_damaged_contents_are_one_clear_error(
    form: str, data: bytes, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(materializers.LoadError, match=text):
        materializers.load(form, str(path))


def test_a_script_runs_its_pickled_classes_under_the_name_of_its_module(tmp_path: Path) -> None:
    script = tmp_path / "training.py"
    script.write_text(
        "import sys\n"
        "from flowc_runtime import materializers\n"
        "class Model:\n"
        "    weight = 7\n"
        "if __name__ == '__main__':\n"
        "    saved = materializers.save([Model()], sys.argv[1])\n"
        "    assert type(materializers.load(saved.materializer, sys.argv[1])[0]) is Model\n"
    )
    root = str(Path(materializers.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, str(tmp_path)])}
    path = str(tmp_path / "x")
    subprocess.run([sys.executable, script, path], env=environment, check=True)
    load = (
        "import sys; from flowc_runtime import materializers\n"
        "model = materializers.load('pickle@1', sys.argv[1])[0]\n"
        "assert (type(model).__module__, model.weight) == ('training', 7)\n"
    )
    subprocess.run([sys.executable, "-c", load, path], env=environment, check=True)


# Prints the digest of everything that is to be stable.
_DIGESTS = """
import pathlib, sys, tempfile
from tests.values import samples, storing, wares
folder = pathlib.Path(tempfile.mkdtemp())
for name, value in {**samples.STABLE, **wares.stable(folder)}.items():
    print(ascii(name), storing.digest(value, folder))
"""


def test_stable_formats_do_not_depend_on_hash_seed_process_or_threads() -> None:
    roots = [str(Path(materializers.__file__).parents[2]), str(Path(__file__).parents[2])]
    printed: set[str] = set()
    for seed in ("0", "1", "2"):
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(roots),
            "PYTHONHASHSEED": seed,
            "POLARS_MAX_THREADS": str(int(seed) + 1),
            "ARROW_NUM_THREADS": str(int(seed) + 1),
        }
        done = subprocess.run(
            [sys.executable, "-c", _DIGESTS],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        printed.add(done.stdout)
    assert len(printed) == 1
    assert "pickle@1" not in printed.pop()


def test_every_python_writes_the_same_bytes() -> None:
    roots = [str(Path(materializers.__file__).parents[2]), str(Path(__file__).parents[2])]
    printed: set[str] = set()
    for python in interpreters().values():
        done = subprocess.run(
            [python, "-I", "-S", "-c", f"import sys; sys.path[:0] = {roots!r}\n{_DIGESTS}"],
            capture_output=True,
            text=True,
            check=True,
        )
        printed.add(done.stdout)
    assert len(printed) == 1


def test_a_stored_value_is_stored_again_as_the_same_bytes(tmp_path: Path) -> None:
    from tests.values import wares

    for value in (*samples.STABLE.values(), *wares.stable(tmp_path).values()):
        path = tmp_path / "once"
        first = digest(value, tmp_path)
        saved = materializers.save(value, str(path))
        again: Any = materializers.load(saved.materializer, str(path))
        assert digest(again, tmp_path) == first
