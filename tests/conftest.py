"""What every test may use: files to compare with, and the flag that writes them anew."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import warnings
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


CACHE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """The user's own cache of what was compiled is neither read nor added to."""
    config.stash[CACHE] = tempfile.mkdtemp(prefix="flowc-tests-")
    os.environ["XDG_CACHE_HOME"] = config.stash[CACHE]


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[CACHE], ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens",
        action="store_true",
        help="write what the tests made to their golden files instead of comparing",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares text with a file, byte for byte.

    ``golden("diamond.yaml", text)`` in ``tests/backends/test_kubeflow.py`` reads
    ``tests/backends/kubeflow/diamond.yaml``.
    """
    folder = request.path.with_name(request.path.stem.removeprefix("test_"))

    def compare(name: str, text: str) -> None:
        file = folder / name
        if request.config.getoption("--update-goldens"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        expected = file.read_bytes().decode() if file.exists() else ""
        assert text == expected, f"{file.name} differs; pytest --update-goldens writes it anew"

    return compare


@pytest.fixture
def docker_forgets_sockets() -> Iterator[None]:
    """Where no daemon answers, the `docker` package leaves its socket to the collector.

    It is collected here, in the test that looked for a daemon, and not in whichever comes next.
    """
    gc.disable()
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    gc.enable()
