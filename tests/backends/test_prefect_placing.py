from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from flowc.deploying import Build
from flowc.errors import BackendError
from flowc_backends.prefect import PrefectBackend
from flowc_backends.prefect.placing import place, remove_files
from tests.backends.engine_pipelines import options
from tests.backends.executor_pipelines import IN_PROCESSES

if TYPE_CHECKING:
    from pathlib import Path


def build_of(digest: str) -> Build:
    emission = PrefectBackend().emit(IN_PROCESSES, options(executor="process"))
    return Build(
        name="build",
        manifest={"pipeline": "placed", "files": {"placed.py": digest}},
        files={**emission.files, "manifest.json": b"{}", "ir.json": b"{}"},
    )


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_flow_of_processes_has_its_bundle_beside_it(tmp_path: Path) -> None:
    build = build_of("0" * 64)
    folder = place(tmp_path, build)
    bundle = "placed.bundle/bundle-0000000000000000.pyz"
    assert files(folder) == {"placed.py", bundle, "ir.json", "manifest.json"}
    assert (folder / bundle).read_bytes() == build.files[bundle]
    assert (folder / bundle).parent.stat().st_mode & 0o777 == 0o755  # workers are somebody else
    stamp = (folder / bundle).stat().st_mtime_ns
    assert place(tmp_path, build) == folder
    assert (folder / bundle).stat().st_mtime_ns == stamp


def test_a_bundle_that_is_gone_is_placed_again(tmp_path: Path) -> None:
    build = build_of("0" * 64)
    folder = place(tmp_path, build)
    before = files(folder)
    (folder / "placed.bundle/bundle-0000000000000000.pyz").unlink()
    assert files(place(tmp_path, build)) == before


def test_nothing_is_left_of_what_could_not_be_placed(tmp_path: Path) -> None:
    build = build_of("0" * 64)
    folder = place(tmp_path, build)
    shutil.rmtree(folder)
    folder.write_text("in the way")
    with pytest.raises(BackendError, match="cannot write"):
        place(tmp_path, build)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_every_version_is_removed_and_nobody_elses_files(tmp_path: Path) -> None:
    build = build_of("0" * 64)
    place(tmp_path, build)
    place(tmp_path, build_of("1" * 64))
    (tmp_path / "placed/theirs").mkdir()
    (tmp_path / "placed/theirs/flow.py").write_text("mine")
    remove_files(tmp_path, build)
    assert files(tmp_path) == {"placed/theirs/flow.py"}
