"""What a container's log shows of a failure: the author's files, as they are called at home."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flowc.driver import load_pipeline
from flowc.driver.front import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOW = """
from flowc import pipeline, step
from kiln.fitting import fit

@step
def parse() -> int:
    compile("y = =", __file__, "exec")
    return 1

@pipeline
def flow():
    parse()
    fit(1)
"""

FITTING = """
from flowc import step

def check(score):
    if score < 2:
        raise ValueError(f"bad score: {score}")

@step
def fit(score: int) -> int:
    try:
        check(score)
    except ValueError as error:
        raise RuntimeError("no fit") from error
    return score
"""

SHOWN = """Traceback (most recent call last):
  File "src/kiln/fitting.py", line 11, in fit
    check(score)
  File "src/kiln/fitting.py", line 6, in check
    raise ValueError(f"bad score: {score}")
ValueError: bad score: 1

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "src/kiln/fitting.py", line 13, in fit
    raise RuntimeError("no fit") from error
RuntimeError: no fit
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bundle of a project whose package lies in a folder of its own."""
    folder = tmp_path_factory.mktemp("project")
    files = {
        "pyproject.toml": "",
        "flow.py": FLOW,
        "src/kiln/__init__.py": "",
        "src/kiln/fitting.py": FITTING,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    path = tmp_path_factory.mktemp("build") / "bundle.pyz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder / "src"), *sys.path])
        path.write_bytes(prepare(load_pipeline(str(folder / "flow.py"))).bundle.data)
    yield path
    for name in ("flow", "kiln.fitting", "kiln"):
        sys.modules.pop(name, None)


def log_of(bundle: Path, step: str) -> str:
    store = f"file:{bundle.parent / step}"
    command = [sys.executable, str(bundle), "step", step, "--run", "flow-1", "--store", store]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stdout


def lines(text: str) -> list[str]:
    """Without the marks below a line, which Pythons put differently."""
    return [line for line in text.splitlines() if line.strip("^~ ")]


def test_a_traceback_names_the_author_s_files(bundle: Path) -> None:
    shown = lines(log_of(bundle, "fit"))
    assert shown[:-1] == lines(SHOWN)
    assert shown[-1] == "flowc: step 'fit' failed in attempt 1"


def test_so_does_that_of_an_unpacked_bundle(bundle: Path, tmp_path: Path) -> None:
    copied = shutil.copy(bundle, tmp_path)
    subprocess.run([sys.executable, copied, "unpack"], check=True)
    assert (tmp_path / "bundle" / "src").is_dir()
    assert lines(log_of(Path(copied), "fit"))[:-1] == lines(SHOWN)


def test_a_file_that_is_no_python_is_named_too(bundle: Path) -> None:
    shown = log_of(bundle, "parse")
    assert '  File "flow.py", line 7, in parse\n    compile("y = =", __file__, ' in shown
    assert '  File "flow.py", line 1\n' in shown
    assert str(bundle.parent) not in shown
