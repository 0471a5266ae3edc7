from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from flowc_runtime import materializers
from tests.values import samples
from tests.values.storing import digest, output, stored

HERE = "tests.values.test_custom"


class Doubling:
    """Writes one file."""

    version = "2"
    types = (int, float)

    def save(self, value: int, path: Path) -> None:
        path.write_text(str(value * 2))

    def load(self, path: Path) -> int:
        return int(path.read_text()) // 2


class Folder:
    """Makes a folder."""

    def save(self, value: dict[str, str], path: Path) -> None:
        path.mkdir()
        for name, text in value.items():
            (path / name).write_text(text)

    def load(self, path: Path) -> dict[str, str]:
        return {entry.name: entry.read_text() for entry in path.iterdir()}


class Suffixed:
    suffix = ".txt"

    def save(self, value: str, path: Path) -> None:
        path.write_text(f"{path.suffix} {value}")

    def load(self, path: Path) -> str:
        return f"{path.suffix} {path.read_text()}"


class Broken:
    def save(self, value: object, path: Path) -> None:
        if value == "raise":
            raise KeyError("no such thing")
        if value == "elsewhere":
            Path(f"{path}.npy").write_text("x")

    def load(self, path: Path) -> object:
        raise RuntimeError(f"cannot read {path.name}")


def test_a_file_of_the_authors(tmp_path: Path) -> None:
    assert stored(7, tmp_path, f"{HERE}:Doubling") == (f"{HERE}:Doubling@2", 7)
    assert (tmp_path / "artifact").read_text() == "14"
    assert [entry.name for entry in tmp_path.iterdir()] == ["artifact"]


def test_a_folder_of_the_authors_is_packed_stably(tmp_path: Path) -> None:
    value = {"b": "1", "a": "2"}
    form, again = stored(value, tmp_path, f"{HERE}:Folder")
    assert (form, again) == (f"{HERE}:Folder@1", value)
    first = (tmp_path / "artifact").read_bytes()
    stored(dict(reversed(value.items())), tmp_path, f"{HERE}:Folder")
    assert (tmp_path / "artifact").read_bytes() == first


def test_a_name_ending_that_the_author_needs(tmp_path: Path) -> None:
    assert stored("x", tmp_path, f"{HERE}:Suffixed")[1] == ".txt .txt x"


def test_a_tar_of_the_authors_is_no_packed_folder(tmp_path: Path) -> None:
    materializers.save(tmp_path, str(tmp_path.parent / "tar"))
    data = (tmp_path.parent / "tar").read_bytes()
    digest(data, tmp_path)
    _, again = stored(data, tmp_path, f"{HERE}:Verbatim")
    assert again == data


class Verbatim:
    def save(self, value: bytes, path: Path) -> None:
        path.write_bytes(value)

    def load(self, path: Path) -> bytes:
        return path.read_bytes()


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        ("x", "Doubling", "does not take a str"),
        ("raise", "Broken", "raised KeyError: 'no such thing'"),
        ("elsewhere", "Broken", "was to write artifact and wrote artifact.npy"),
        ("nothing", "Broken", "was to write artifact and wrote nothing"),
        ("x", "Missing", "has no 'Missing'"),
    ],
)
def test_what_goes_wrong_names_output_and_materializer(
    value: Any, name: str, text: str, tmp_path: Path
) -> None:
    with pytest.raises(materializers.SaveError) as caught:
        materializers.save(value, str(tmp_path / "x"), output(f"{HERE}:{name}"))
    assert str(caught.value).startswith("output 'model' cannot be stored: its materializer ")
    assert text in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_another_version_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(7, tmp_path, f"{HERE}:Doubling")
    monkeypatch.setattr(sys.modules[HERE].Doubling, "version", "3")
    with pytest.raises(materializers.LoadError, match="has version 3 now and wrote it with 2"):
        materializers.load(f"{HERE}:Doubling@2", str(tmp_path / "artifact"))


def test_an_error_of_the_author_while_loading_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    with pytest.raises(materializers.LoadError, match="RuntimeError: cannot read x") as caught:
        materializers.load(f"{HERE}:Broken@1", str(tmp_path / "x"))
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_without_a_materializer_the_built_in_one_serves(tmp_path: Path) -> None:
    assert stored(samples.Point(1), tmp_path, None)[0] == "json@1"
