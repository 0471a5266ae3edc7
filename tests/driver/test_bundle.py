from __future__ import annotations

import io
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from flowc.driver import load_pipeline
from flowc.driver.front import prepare
from flowc.errors import FlowcError
from tests.interpreters import interpreters

if TYPE_CHECKING:
    from pathlib import Path


def project(folder: Path) -> Path:
    """A package with relative imports, a module beside the pipeline, a data file."""
    files = {
        "pyproject.toml": "",
        "flow.py": (
            "from flowc import pipeline, step\n"
            "from acme.deep.inner import value\n"
            "@step\n"
            "def s() -> int:\n"
            "    import beside\n"
            "    return value() + beside.ONE\n"
            "@pipeline(include=['data/*.txt'])\n"
            "def flow():\n"
            "    s()\n"
        ),
        "beside.py": "try:\n    import lazy_neighbour\nexcept ImportError:\n    pass\nONE = 1\n",
        "lazy_neighbour.py": "import json\n",
        "unrelated.py": "raise SystemExit\n",
        "acme/__init__.py": "from . import shapes\n",
        "acme/shapes.py": "from .deep import *\n",
        "acme/deep/__init__.py": "",
        "acme/deep/inner.py": "from ..shapes import __name__ as n\ndef value():\n    return 2\n",
        "acme/deep/unused.py": "",
        "data/a.txt": "a",
        "data/b.bin": "b",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "flow.py"


def write_bundle(folder: Path) -> Path:
    front = prepare(load_pipeline(str(project(folder))))
    path = folder / "bundle.pyz"
    path.write_bytes(front.bundle.data)
    return path


def test_it_holds_what_the_pipeline_reaches_and_no_more(tmp_path: Path) -> None:
    names = zipfile.ZipFile(write_bundle(tmp_path)).namelist()
    assert names == sorted(names)
    assert [name for name in names if name.startswith("src/")] == [
        "src/acme/__init__.py",
        "src/acme/deep/__init__.py",
        "src/acme/deep/inner.py",
        "src/acme/shapes.py",
        "src/beside.py",
        "src/data/a.txt",
        "src/flow.py",
        "src/lazy_neighbour.py",
    ]
    assert {"__main__.py", "pipeline.json", "flowc/__init__.py"} <= set(names)
    assert not [name for name in names if "/driver/" in name or "/trace/" in name]


def test_two_folders_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = write_bundle(tmp_path / "one"), write_bundle(tmp_path / "two")
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("python", interpreters().values(), ids=interpreters())
def test_it_starts_in_a_bare_python(python: str, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path)
    shown = subprocess.run(
        [python, "-I", "-S", bundle, "--help"], capture_output=True, text=True, check=False
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "step ID" in shown.stdout
    store = f"file://{tmp_path}/store"
    ran = subprocess.run(
        [python, "-I", "-S", bundle, "step", "s", "--run", "flow-1", "--store", store],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert b'"completed"' in next(tmp_path.glob("store/runs/*/steps/s/1/result.json")).read_bytes()


@pytest.mark.parametrize("python", interpreters().values(), ids=interpreters())
def test_the_authoring_api_needs_the_standard_library_alone(python: str, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(bundle)!r})\n"
        "from flowc import step, pipeline, RetryConfig, Client, get_step_context\n"
        "import flowc_runtime.entrypoint, flowc_runtime.materializers\n"
    )
    done = subprocess.run([python, "-I", "-S", "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("missing/*.csv", "nothing matches 'missing/*.csv'"),
        ("missing/*.csv", "hint: patterns start in the folder of the pipeline's file"),
        ("/etc/passwd", "is absolute"),
        ("../*.txt", "lies outside"),
    ],
)
def test_an_include_that_cannot_travel(tmp_path: Path, pattern: str, message: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "outside.txt").touch()
    file = project(folder)
    file.write_text(file.read_text().replace("data/*.txt", pattern))
    with pytest.raises(FlowcError) as raised:
        prepare(load_pipeline(str(file)))
    assert message in raised.value.render()


def test_a_module_that_is_no_python(tmp_path: Path) -> None:
    file = project(tmp_path)
    (tmp_path / "lazy_neighbour.py").write_text("def broken(:\n")
    with pytest.raises(FlowcError, match=r"lazy_neighbour\.py:1: no valid Python"):
        prepare(load_pipeline(str(file)))


def test_the_code_digest_ignores_comments_and_follows_imports(tmp_path: Path) -> None:
    def digest() -> str:
        return prepare(load_pipeline(str(project_file))).pipeline.steps[0].code

    project_file = project(tmp_path)
    first = digest()
    inner = tmp_path / "acme/deep/inner.py"
    inner.write_text(inner.read_text() + "\n# a comment\n")
    assert digest() == first
    inner.write_text(inner.read_text().replace("return 2", "return 3"))
    assert digest() != first


def test_an_included_file_counts_for_every_step(tmp_path: Path) -> None:
    file = project(tmp_path)
    first = prepare(load_pipeline(str(file))).spec["steps"][0]["ingredients"]
    (tmp_path / "data/a.txt").write_text("changed")
    second = prepare(load_pipeline(str(file))).spec["steps"][0]["ingredients"]
    assert first["include"].keys() == second["include"].keys() == {"data/a.txt"}
    assert first["include"] != second["include"]
    assert first["code"] == second["code"]


def test_an_authors_materializer_travels_and_counts(tmp_path: Path) -> None:
    file = project(tmp_path)
    text = file.read_text().replace(
        "@step\n", "@step(output_materializers={'output': 'mine.M'})\n"
    )
    file.write_text(text)
    mine = tmp_path / "mine.py"
    methods = "    def save(self, value, path): ...\n    def load(self, path): ...\n"
    mine.write_text(f"class M:\n    version = 1\n{methods}")
    first = prepare(load_pipeline(str(file)))
    assert b"class M" in zipfile.ZipFile(io.BytesIO(first.bundle.data)).read("src/mine.py")
    mine.write_text(mine.read_text().replace("version = 1", "version = 2"))
    second = prepare(load_pipeline(str(file)))
    digests = [front.spec["steps"][0]["ingredients"]["materializers"] for front in (first, second)]
    assert list(digests[0]) == list(digests[1]) == ["mine:M"]
    assert digests[0] != digests[1]
