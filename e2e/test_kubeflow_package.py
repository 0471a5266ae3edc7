"""KFP's own SDK reads every package that the unit tests keep."""

from __future__ import annotations

import subprocess

from e2e.engines.venvs import CHECKOUT, engine_python

GOLDENS = sorted(
    golden
    for folder in ("kubeflow", "shipping")
    for golden in (CHECKOUT / "tests/backends" / folder).glob("*.yaml")
)


def test_kfp_reads_every_golden_package() -> None:
    script = CHECKOUT / "e2e/engines/inside/load_kfp_packages.py"
    command = [engine_python("kubeflow"), script, *GOLDENS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [golden.name for golden in GOLDENS]
