"""What is kept between compilations, and that digests depend on nothing but the code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flowc import ir
from flowc.disk_cache import forget_unused
from flowc.passes.code import digest_code
from flowc.trace.modules import reach
from tests.code.edits import FILES
from tests.code.projects import edited

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowc.passes.code import Code

ALONE = """\
import json, sys
from flowc.driver import load_pipeline
from flowc.passes.code import digest_code
from flowc.trace import trace_pipeline
from flowc.trace.modules import reach
pipeline = load_pipeline(sys.argv[1])
_, found = digest_code(trace_pipeline(pipeline), reach({"main": sys.argv[1]}))
digests = {step: [code.digest, code.third_party] for step, code in found.items()}
print(json.dumps([digests, "libcst" in sys.modules]))
"""


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root / "main.py"


def alone(file: Path, **environment: str) -> tuple[object, bool]:
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(file)],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    digests, used_libcst = json.loads(done.stdout)
    return digests, used_libcst


def test_digests_depend_on_neither_folder_nor_process(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one", FILES), write(tmp_path / "other/below", FILES)
    first = alone(one, PYTHONHASHSEED="1")
    assert first[1]
    assert alone(other, PYTHONHASHSEED="2")[0] == first[0]
    assert alone(one, PYTHONHASHSEED="3") == (first[0], False)


def digests(file: Path) -> Mapping[str, Code]:
    """As of a pipeline with one step ``a``; nothing is imported."""
    where = ir.Location(file="main.py", line=1)
    steps = tuple(
        ir.Step(
            id=name, name=name, function=ir.Function(module="main", qualname=name), location=where
        )
        for name in "ab"
    )
    pipeline = ir.Pipeline(name="both", location=where, body=ir.Block(nodes=steps))
    _, found = digest_code(pipeline, reach({"main": str(file)}))
    return found


def test_what_is_kept_gives_the_same_answer(tmp_path: Path, cache_home: Path) -> None:
    file = write(tmp_path, FILES)
    first = digests(file)
    assert digests(file) == first
    for answer in (cache_home / "flowc/code").iterdir():
        if b'"codes"' in answer.read_bytes():
            answer.unlink()
    assert digests(file) == first


DAMAGE = {
    "empty": b"",
    "cut off": b'{"version":',
    "no JSON": b"\x00\xff",
    "another digest": b"0" * 64 + b"\n{}",
    "no object": b"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945\n[]",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_cache_is_read_anew(damage: bytes, tmp_path: Path, cache_home: Path) -> None:
    file = write(tmp_path, FILES)
    first = digests(file)
    kept = list((cache_home / "flowc/code").iterdir())
    assert len(kept) > len(FILES) - 1
    for answer in kept:
        answer.write_bytes(damage)
    assert digests(file) == first
    assert all(answer.read_bytes() != damage for answer in kept)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, cache_home: Path) -> None:
    file = write(tmp_path, FILES)
    cache_home.write_text("no folder")
    assert digests(file) == digests(file)


def test_no_file_is_left_half_written(tmp_path: Path, cache_home: Path) -> None:
    digests(write(tmp_path, FILES))
    assert [f.name for f in (cache_home / "flowc/code").iterdir() if f.suffix != ".json"] == []


def test_files_that_nobody_used_for_long_are_removed(tmp_path: Path, cache_home: Path) -> None:
    folder = cache_home / "flowc/code"
    folder.mkdir(parents=True)
    (folder / "old.json").touch()
    os.utime(folder / "old.json", (0, 0))
    (folder / "new.json").touch()
    forget_unused.cache_clear()
    digests(write(tmp_path, FILES))
    assert not (folder / "old.json").exists()
    assert (folder / "new.json").exists()


def test_an_edit_is_seen_through_the_cache(tmp_path: Path) -> None:
    file = write(tmp_path, FILES)
    first = digests(file)
    write(tmp_path, edited(FILES, ("deeper.py", "    return value", "    return -value")))
    second = digests(file)
    assert (second["a"] != first["a"], second["b"] == first["b"]) == (True, True)
    write(tmp_path, FILES)
    assert digests(file) == first


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "cp1252"])
def test_the_files_encoding_does_not_count(encoding: str, tmp_path: Path) -> None:
    source = "é = 'ü'; word = 'é'\n\ndef a(): return é, word\n\ndef b(): return 1\n"
    first = digests(write(tmp_path / "one", {"main.py": source}))
    other = tmp_path / "other/main.py"
    other.parent.mkdir()
    mark = "" if encoding == "utf-8-sig" else f"# coding: {encoding}\n"
    other.write_bytes(f"{mark}{source}".encode(encoding))
    assert digests(other)["a"].digest == first["a"].digest


def test_many_steps_of_one_function_are_read_once(tmp_path: Path) -> None:
    file = write(tmp_path, {"main.py": "def a(n: int) -> int:\n    return n\n"})
    where = ir.Location(file="main.py", line=1)
    function = ir.Function(module="main", qualname="a")
    steps = tuple(
        ir.Step(id=f"a{n}", name="a", function=function, location=where) for n in range(1000)
    )
    pipeline = ir.Pipeline(name="p", location=where, body=ir.Block(nodes=steps))
    modules = reach({"main": str(file)})
    _, found = digest_code(pipeline, modules)
    assert len({code.digest for code in found.values()}) == 1
    assert digest_code(pipeline, modules)[1] == found
