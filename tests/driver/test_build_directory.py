from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flowc.driver.build_directory import check_free, manifest_text, write_build
from flowc.errors import AuthorError

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = {"pipeline": "p", "target": "airflow"}


def build(folder: Path, **files: bytes) -> None:
    write_build(folder, {**files, "manifest.json": manifest_text(files, ABOUT)})


def test_it_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    build(out, old=b"1", same=b"1")
    check_free(out, "p", "airflow")
    build(out, same=b"2")
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "same"]
    assert (out / "same").read_bytes() == b"2"
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    assert list(json.loads((out / "manifest.json").read_text())["files"]) == ["same"]


def test_a_failure_leaves_the_earlier_build(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, kept=b"1")
    with pytest.raises(AuthorError, match="cannot be written"):
        write_build(out, {"a": b"1", "a/b": b"2"})
    assert (out / "kept").read_bytes() == b"1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("existing", "message"),
    [
        ({"mine.txt": b""}, "holds files that flowc did not write"),
        ({"manifest.json": b"{}"}, "holds files that flowc did not write"),
        (
            {"manifest.json": b'{"pipeline": "q", "target": "airflow"}'},
            "holds the build of pipeline 'q' for airflow",
        ),
    ],
)
def test_what_is_not_ours_is_never_replaced(
    tmp_path: Path, existing: dict[str, bytes], message: str
) -> None:
    for name, content in existing.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(AuthorError, match=message):
        check_free(tmp_path, "p", "airflow")


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(AuthorError, match="is a file"):
        check_free(tmp_path / "out", "p", "airflow")
