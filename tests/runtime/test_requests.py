"""Wrong requests end with status 2 and one line; `check`, `unpack`, `--help` and `--version`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from flowc_runtime import contract
from tests.interpreters import interpreters
from tests.runtime.bundles import RUN, Bundle, step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AUTHOR = "def one(n=0):\n    import author\n    return author.__file__\n"
PARAMETERS = {"count": {"type": {"kind": "int"}, "default": 1}}


@pytest.fixture
def made(bundle: Callable[..., Bundle]) -> Bundle:
    return bundle(AUTHOR, step("one", inputs={"n": {"parameter": "count"}}), parameters=PARAMETERS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "no command; known: step, finalise, check, unpack; see --help"),
        ("stepp one", "unknown command 'stepp'; known: step, finalise, check, unpack"),
        ("step one", "which run? give either --run ID or --engine-run TEXT"),
        ("step --run r", "step wants one step's id, got nothing"),
        ("step one two --run r", "step wants one step's id, got one two"),
        ("step onee --run r", "pipeline 'p' has no step 'onee'; did you mean 'one'?"),
        ("step one --run", "--run needs a value"),
        ("step one --rnu r", "unknown option '--rnu'; did you mean '--run'?"),
        ("step one --run r --param count", "--param wants NAME=JSON, got 'count'"),
        ("step one --run r --param counts=1", "no parameter 'counts'; did you mean 'count'?"),
        ("step one --run r --store ftp://x", "unknown store scheme 'ftp:'"),
        ("step one --run r --store /tmp/x", "no store URI; for a folder write 'file:/tmp/x'"),
        ("step one --run r --executor-input x", "--executor-input is no JSON"),
    ],
)
def test_wrong_requests(made: Bundle, arguments: str, message: str) -> None:
    done = made.call(*arguments.split())
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("flowc: ")
    assert message in line


def test_a_parameter_of_the_wrong_type(made: Bundle) -> None:
    done = made.step("one", "--param", 'count="x"')
    assert done.returncode == 2
    assert "'count'" in made.result("one")["error"]["message"]


def test_a_parameter_too_large_for_engines(made: Bundle) -> None:
    text = "1" * (contract.ARGUMENT_LIMIT + 1)
    done = made.step("one", "--param", f"count={text}")
    assert done.returncode == 2
    assert b"'count' has 65537 bytes" in done.stderr


def test_no_store(made: Bundle) -> None:
    done = made.call("step", "one", "--run", RUN, FLOWC_STORE="")
    assert done.stderr == b"flowc: no store: give --store URI or set FLOWC_STORE\n"


def test_which_store_counts(made: Bundle, tmp_path: Path) -> None:
    def used(*options: str, environment: str) -> str:
        stores = {name: f"file:{tmp_path / name}" for name in ("given", "default", "env")}
        arguments = [f"--{option}={stores[option[:-6] or 'given']}" for option in options]
        variable = stores["env"] if environment else ""
        made.call("step", "one", "--run", RUN, *arguments, FLOWC_STORE=variable)
        found = [name for name in stores if (tmp_path / name).exists()]
        for name in found:
            shutil.rmtree(tmp_path / name)
        return " ".join(found)

    assert used("default-store", environment="") == "default"
    assert used("default-store", environment="set") == "env"


def test_a_store_that_cannot_be_written(made: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = made.step("one", "--store", f"file:{tmp_path}/file/store")
    assert done.returncode == 1
    assert b"flowc: cannot write" in done.stderr
    assert b"Traceback" not in done.stderr


def test_another_protocol_is_refused(made: Bundle) -> None:
    file = made.folder / "pipeline.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "protocol": 999}))
    done = made.step("one")
    assert done.returncode == 2
    assert b"compile it again" in done.stderr


def test_help_and_version(made: Bundle) -> None:
    assert b"--executor-input JSON" in made.call("--help").stdout
    assert made.call("--version").stdout == b"flowc 0 (protocol 1)\n"


def test_check(made: Bundle) -> None:
    (made.folder / "src" / "author.py").write_text("raise ImportError('not today')\n")
    found = json.loads(made.call("check").stdout)
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["store"] == ""
    assert found["modules"] == {"author": "ImportError: not today"}


def test_check_tells_what_the_named_steps_use_and_the_image_lacks(
    bundle: Callable[..., Bundle],
) -> None:
    uses, other = step("uses"), step("other")
    uses["ingredients"]["versions"] = {"level": "minor", "distributions": ["no-such-module"]}
    made = bundle("import no_such_module, no_other\n", uses, other)
    found = json.loads(made.call("check", "uses").stdout)
    assert found["modules"] == {"author": ""}
    assert found["absent"] == ["no_other", "no_such_module"]
    assert found["lacking"] == {"uses": ["no-such-module"]}
    assert json.loads(made.call("check", "other").stdout)["lacking"] == {}


def zipped(made: Bundle) -> Path:
    """The bundle as the zip that travels, without the folder beside it."""
    target = made.folder.with_suffix(".pyz")
    with ZipFile(target, "w") as archive:
        for parent, _, names in os.walk(made.folder, followlinks=True):
            for name in names:
                if name.endswith((".py", ".json")):
                    file = os.path.join(parent, name)  # noqa: PTH118
                    archive.write(file, os.path.relpath(file, made.folder))
    for link in ("flowc_runtime",):
        (made.folder / link).unlink()
    shutil.rmtree(made.folder)
    made.folder = target
    return target


def test_a_zip_runs_and_leaves_nothing_behind(made: Bundle, tmp_path: Path) -> None:
    zipped(made)
    (tmp_path / "tmp").mkdir()
    done = made.call("step", "one", "--run", RUN, TMPDIR=str(tmp_path / "tmp"))
    assert done.returncode == 0, done.stderr
    assert made.value("one").startswith(str(tmp_path / "tmp"))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_unpacked_copy_is_preferred(made: Bundle) -> None:
    archive = zipped(made)
    made.call("unpack")
    made.call("unpack")
    assert made.step("one").returncode == 0
    unpacked = archive.with_suffix("")
    assert made.value("one") == f"{unpacked}/src/author.py"
    assert list((unpacked / "src" / "__pycache__").iterdir())


def test_an_unpacked_bundle_can_be_unpacked_elsewhere(made: Bundle, tmp_path: Path) -> None:
    assert made.call("unpack", str(tmp_path / "elsewhere")).returncode == 0
    made.folder = tmp_path / "elsewhere"
    assert made.step("one").returncode == 0


@pytest.mark.parametrize("version", interpreters())
def test_a_zip_starts_in_a_bare_python(made: Bundle, version: str) -> None:
    zipped(made)
    done = made.call("--help", python=[interpreters()[version], "-I", "-S"])
    assert done.returncode == 0
