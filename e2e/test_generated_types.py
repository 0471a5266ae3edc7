"""What the backends write agrees with the types of the engine it is for: all goldens, strict."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from e2e.engines.venvs import CHECKOUT, cache_directory, engine_python

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.engines.venvs import EngineName

GOLDENS = CHECKOUT / "tests/backends"


@pytest.mark.parametrize("engine", ["airflow2", "airflow3", "prefect"])
def test_every_golden_is_typed(engine: EngineName, tmp_path: Path) -> None:
    target = engine.rstrip("23")
    files = sorted((GOLDENS / target).glob("*.py.txt"))
    shipped = sorted((GOLDENS / "shipping").glob(f"{target}-*.py.txt"))
    assert files
    assert shipped
    for golden in (*files, *shipped):
        name = golden.name.removesuffix(".py.txt").replace("-", "_")
        (tmp_path / f"{name}.py").write_bytes(golden.read_bytes())
    command: list[str | Path] = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "."]
    command += ["--python-executable", engine_python(engine)]
    command += ["--cache-dir", cache_directory() / "mypy" / engine]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
