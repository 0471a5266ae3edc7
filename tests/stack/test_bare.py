"""The stack inside a bundle, under every Python, with nothing installed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from flowc import Client
from flowc.driver import load_pipeline
from flowc.driver.front import prepare
from tests.interpreters import interpreters
from tests.stack.test_alerter import PIPELINE, write_stack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("version", interpreters())
def test_hooks_and_steps_find_the_stack(project: Path, version: str) -> None:
    write_stack(project, "json://127.0.0.1:1")
    (project / "alerts.py").write_text(PIPELINE)
    bundle = prepare(load_pipeline("alerts.py:alerting")).bundle
    (project / bundle.filename).write_bytes(bundle.data)
    (project / "flowc.toml").unlink()
    store = f"file:{project}/store"
    words = ["--run", "r", "--store", store, "--param", "n=3"]
    python = [interpreters()[version], "-I", "-S", bundle.filename]
    done = subprocess.run(
        [*python, "step", "fine", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    log = Client(store).logs("r")["fine"]
    said = "flowc: alerter 'ops' cannot post: the distribution 'apprise' is not installed in"
    assert log.count(said) == 2  # the step, and its hook
