from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.errors import BackendError
from flowc_backends.airflow.placing import LocalFolder, StoreFolder, open_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_bucket_is_a_dags_folder_too() -> None:
    from obstore import store as memory

    from flowc_runtime.objectstore import ObjectStore

    uri = "s3://bucket/dags"
    folder = StoreFolder(uri, ObjectStore(uri, memory.MemoryStore()))
    assert folder.read("dag.py") is None
    folder.write("dag.py", b"first")
    folder.write("dag.py", b"second")
    assert folder.read("dag.py") == b"second"
    assert folder.show("dag.py") == "s3://bucket/dags/dag.py"
    folder.remove("dag.py")
    folder.remove("dag.py")
    assert folder.read("dag.py") is None
    folder.write("dag.bundle/a.pyz", b"bundle")
    assert folder.names("dag.bundle") == ["dag.bundle/a.pyz"]


def test_a_uri_opens_a_bucket() -> None:
    assert isinstance(open_folder("s3://bucket/dags"), StoreFolder)


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    file = tmp_path / "dag.py"
    file.write_bytes(b"first")
    file.chmod(0o640)
    before = file.stat().st_ino
    folder.write("dag.py", b"second")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"second", 0o640)
    assert file.stat().st_ino != before
    assert [path.name for path in tmp_path.iterdir()] == ["dag.py"]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "dag.py").mkdir()
    with pytest.raises(BackendError, match=r"cannot write '.*/dag\.py'"):
        LocalFolder(tmp_path).write("dag.py", b"text")
    assert [path.name for path in tmp_path.iterdir()] == ["dag.py"]
