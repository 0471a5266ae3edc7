"""What every container imports must be cheap and need nothing installed."""

from __future__ import annotations

import subprocess

import pytest

from flowc_runtime import imports
from tests.interpreters import interpreters

RUNTIME = str(imports.__file__).rpartition("/flowc_runtime/")[0]

# Each of them costs a container more than all of ours.
COSTLY = ("typing", "dataclasses", "pathlib", "inspect", "datetime", "decimal", "pickle",
          "tempfile", "tarfile", "zipfile", "ast")  # fmt: skip

TRIVIAL = f"""
import sys
sys.path.insert(0, {RUNTIME!r})
from flowc_runtime import imports, materializers, values
imports.install("s", "i", set())
assert values.decode(values.encode({{"a": [1, None]}})) == {{"a": [1, None]}}
path = sys.argv[1]
for value in (1, "text", b"bytes", [1.5]):
    assert materializers.load(materializers.save(value, path).materializer, path) == value
print(*(name for name in {COSTLY!r} if name in sys.modules))
"""


@pytest.mark.parametrize("version", interpreters())
def test_simple_values_pass_without_costly_imports(version: str, tmp_path: object) -> None:
    python = interpreters()[version]
    done = subprocess.run(
        [python, "-I", "-S", "-c", TRIVIAL, f"{tmp_path}/x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.split() == []
