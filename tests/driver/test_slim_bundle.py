from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING
from zipfile import ZipFile

from flowc.driver import load_pipeline
from flowc.driver.bundle import pack
from flowc.driver.front import prepare
from flowc.driver.slim_bundle import slim
from flowc.registry import Bundle

if TYPE_CHECKING:
    from pathlib import Path

OURS = '''\
"""Says much."""
# A word.
from a import b  # why

if TYPE_CHECKING:
    @overload
    def g() -> None: ...
    from c import d

TEXT = """
# no comment
"""


def f(é: int, *b: str, c: dict[str, int] = {}, **d) -> dict[str, int]:
    """More."""
    # A word.
    return TEXT


def h(
    a: list[
        int
    ],
    b: str = "->",
) -> None: x: int = 1


class C:
    """Several
    lines é."""; x = 1
'''
SLIM = '''\
""

from a import b  # why

if TYPE_CHECKING:
    pass



TEXT = """
# no comment
"""


def f(é, *b, c = {}, **d):
    ""

    return TEXT


def h(
    a: list[
        int
    ],
    b = "->",
): x: int = 1


class C:
    ""; x = 1

'''

AUTHOR = (
    '"""Mine."""\n# Mine.\nfrom flowc import pipeline, step\n\n\n@step\ndef one() -> str:\n'
    '    """Kept."""\n    return one.__doc__\n\n\n@pipeline\ndef small():\n    one()\n'
)


def entries(bundle: Bundle) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(bundle.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_what_only_readers_need_goes_and_lines_keep_their_numbers() -> None:
    files = {"flowc/a.py": OURS.encode(), "src/a.py": OURS.encode()}
    found = entries(slim(Bundle(digest="", data=pack(files))))
    assert found == {"flowc/a.py": SLIM.encode(), "src/a.py": OURS.encode()}


def test_it_runs_as_before(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "small.py").write_text(AUTHOR)
    whole = prepare(load_pipeline(str(tmp_path / "small.py"))).bundle
    less = slim(whole)
    assert less == slim(whole)
    assert less.digest != whole.digest
    assert len(less.data) < len(whole.data)
    before = entries(whole)
    for name, content in entries(less).items():
        if name.endswith(".py"):
            compile(content, name, "exec", dont_inherit=True)
            assert content.count(b"\n") == before[name].count(b"\n"), name
    file = tmp_path / "slim.pyz"
    file.write_bytes(less.data)
    run = ["--run", "r", "--store", f"file://{tmp_path}/store"]
    for words in (["step", "one", *run], ["finalise", *run]):
        started(file, *words)
    assert "SIGTERM and SIGINT are forwarded" in started(file, "--help")


def started(bundle: Path, *words: str) -> str:
    command = [sys.executable, "-I", "-S", str(bundle), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
