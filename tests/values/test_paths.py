from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from flowc_runtime import materializers
from flowc_runtime.materializers import paths
from tests.values import samples, wares
from tests.values.storing import digest, output, stored


def contents(folder: Path) -> dict[str, object]:
    """Every entry below a folder: text of a link, None for a folder, contents of a file."""
    found: dict[str, object] = {}
    for entry in sorted(folder.rglob("*")):
        name = entry.relative_to(folder).as_posix()
        if entry.is_symlink():
            found[name] = ("link", str(entry.readlink()))
        else:
            found[name] = None if entry.is_dir() else entry.read_bytes()
    return found


def test_a_folder_comes_back_with_all_it_holds(tmp_path: Path) -> None:
    folder = wares.make_folder(tmp_path / "report")
    form, again = stored(folder, tmp_path)
    assert form == "path@1"
    assert again.name == "report"
    assert contents(again) == contents(folder)
    assert os.access(again / "run.sh", os.X_OK)
    assert not os.access(again / "sub" / "ü x.txt", os.X_OK)


def test_a_file_comes_back_under_its_name(tmp_path: Path) -> None:
    file = tmp_path / "übersicht 1.html"
    file.write_text("<p>")
    _, again = stored(file, tmp_path)
    assert (again.name, again.read_text(), again.is_file()) == (file.name, "<p>", True)


def test_what_a_returned_link_leads_to_counts(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    wares.make_folder(tmp_path / "deep" / "report")
    (tmp_path / "link").symlink_to("deep/report")
    _, again = stored(tmp_path / "link", tmp_path)
    assert contents(again) == contents(tmp_path / "deep" / "report")


def test_times_owners_and_other_mode_bits_do_not_matter(tmp_path: Path) -> None:
    folder = wares.make_folder(tmp_path / "report")
    before = digest(folder, tmp_path)
    os.utime(folder / "run.sh", (1, 1))
    (folder / "run.sh").chmod(0o755)
    (folder / "sub" / "ü x.txt").chmod(0o600)
    assert digest(folder, tmp_path) == before
    (folder / "run.sh").chmod(0o644)
    assert digest(folder, tmp_path) != before


def test_hard_links_are_two_files(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "a").write_text("x")
    (folder / "b").hardlink_to(folder / "a")
    _, again = stored(folder, tmp_path)
    assert contents(again) == {"a": b"x", "b": b"x"}


def test_names_that_are_no_text_survive(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    name = os.fsdecode(b"\xff\xfe")
    (folder / name).write_text("x")
    _, again = stored(folder, tmp_path)
    assert [item.name for item in again.iterdir()] == [name]


def test_the_contents_travel_in_containers_and_beside_what_must_be_pickled(tmp_path: Path) -> None:
    folder = wares.make_folder(tmp_path / "report")
    form, again = stored({"report": folder, "count": {1, 2}}, tmp_path)
    assert form == "tree@1"
    assert contents(again["report"]) == contents(folder)
    assert again["count"] == {1, 2}
    form, again = stored([folder, {"model": samples.Plain(7)}], tmp_path)
    assert form == "tree@1"
    assert contents(again[0]) == contents(folder)
    assert again[1]["model"].content == 7


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "sub/../../outside", "trap/../x"])
def test_links_that_lead_outside_are_refused(target: str, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    (folder / "sub").mkdir(parents=True)
    # Read as text, trap/../x is inside; followed, it is not.
    (folder / "sub" / "here").symlink_to("..")
    (folder / "trap").symlink_to(".")
    (folder / "bad").symlink_to(target)
    with pytest.raises(materializers.SaveError, match="the link report/bad leads outside"):
        materializers.save(folder, str(tmp_path / "x"))


def test_what_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(materializers.SaveError, match=r"nothing exists at .*nowhere"):
        materializers.save(tmp_path / "nowhere", str(tmp_path / "x"), output())


def test_sockets_and_pipes_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    with pytest.raises(materializers.SaveError, match="report/pipe is neither a file"):
        materializers.save(folder, str(tmp_path / "x"))
    assert not (tmp_path / "x").exists()


def archive_of(*entries: tarfile.TarInfo) -> io.BytesIO:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(b"x" * entry.size))
    file.seek(0)
    return file


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    info.mode = 0o7777
    return info


@pytest.mark.parametrize(
    "entries",
    [
        [entry("/etc/evil")],
        [entry("../evil")],
        [entry("a", tarfile.DIRTYPE), entry("a/../../evil")],
        [entry("a", tarfile.DIRTYPE), entry("b")],
        [entry("a", tarfile.DIRTYPE), entry("a/l", tarfile.SYMTYPE, "/etc"), entry("a/l/evil")],
        [entry("a", tarfile.DIRTYPE), entry("a/l", tarfile.SYMTYPE, "../../..")],
        [entry("a", tarfile.SYMTYPE, "..")],
        [entry("a", tarfile.DIRTYPE), entry("a/l", tarfile.LNKTYPE, "/etc/passwd")],
        [entry("a", tarfile.DIRTYPE), entry("a/d", tarfile.CHRTYPE)],
        [entry("a"), entry("a")],
        [entry("a", tarfile.DIRTYPE), entry("a/s", tarfile.SYMTYPE, "."),
         entry("a/t", tarfile.SYMTYPE, "s/../../evil")],
        [],
    ],
)  # fmt: skip
def test_a_hostile_tar_writes_nothing_outside(
    entries: list[tarfile.TarInfo], tmp_path: Path
) -> None:
    folder = tmp_path / "inner" / "target"
    folder.mkdir(parents=True)
    path = tmp_path / "x"
    path.write_bytes(archive_of(*entries).getvalue())
    with pytest.raises(materializers.LoadError):
        materializers.load("path@1", str(path))
    with pytest.raises((materializers.LoadError, OSError)):
        paths.unpack(archive_of(*entries), str(folder))
    assert sorted(item.name for item in tmp_path.iterdir()) == ["inner", "x"]
    assert [item.name for item in (tmp_path / "inner").iterdir()] == ["target"]


def test_extracted_files_carry_no_dangerous_mode(tmp_path: Path) -> None:
    folder = paths.unpack(archive_of(entry("tool")), str(tmp_path))
    assert Path(folder).stat().st_mode & 0o7022 == 0


def test_extracted_files_are_gone_when_the_process_ends_but_not_when_its_child_does(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("x")
    materializers.save(file, str(tmp_path / "x"))
    script = (
        "import os, sys\n"
        "from flowc_runtime import materializers\n"
        "path = materializers.load('path@1', sys.argv[1])\n"
        "child = os.fork()\n"
        "if child == 0: sys.exit(0)\n"
        "os.waitpid(child, 0)\n"
        "assert path.exists()\n"
        "print(path)\n"
    )
    root = str(Path(materializers.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "x")],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not Path(done.stdout.strip()).exists()
