"""Every file of Python that a backend writes is what its author would have formatted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LINTED = {
    # What Airflow itself says about DAGs, and about what moved between its versions.
    "airflow": "AIR,E4,E7,E9,F,I,UP,W",
    "prefect": "E4,E7,E9,F,I,UP,W",
}


@pytest.mark.parametrize("engine", LINTED)
def test_every_golden_is_formatted_and_linted(engine: str, tmp_path: Path) -> None:
    goldens = sorted((HERE / engine).glob("*.py.txt"))
    assert goldens
    for golden in goldens:
        (tmp_path / golden.stem).write_bytes(golden.read_bytes())
    ruff = [sys.executable, "-m", "ruff"]
    style = ["--isolated", "--line-length", "99", "--target-version", "py310", "."]
    check = ["check", "--preview", "--select", LINTED[engine]]
    for command in (["format", "--diff"], check):
        done = subprocess.run(
            [*ruff, *command, *style], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
