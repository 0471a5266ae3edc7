"""What is installed is read off the names of folders."""

from __future__ import annotations

import importlib.metadata
import sys
from typing import TYPE_CHECKING, Any

import pytest

from flowc.passes.distributions import distributions_of
from flowc_runtime import versions
from tests.runtime.bundles import step

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("scikit_learn-1.7.2.dist-info", "scikit-learn", "1.7.2"),
        ("ruamel.yaml-0.18.6.dist-info", "ruamel-yaml", "0.18.6"),
        ("old-name-1.0.dist-info", "old-name", "1.0"),
        ("six-1.16.0-py3.11.egg-info", "six", "1.16.0"),
        ("PyYAML-5.3.1.egg-info", "pyyaml", "5.3.1"),
        ("mine.egg-info", "mine", ""),
        ("torch-2.9.0+cpu.dist-info", "torch", "2.9.0+cpu"),
    ],
)
def test_names_of_folders(folder: str, name: str, version: str) -> None:
    assert versions.split_folder(folder) == (name, version)


@pytest.mark.parametrize(
    ("version", "minor"),
    [("2.4.6", "2.4"), ("5", "5"), ("1.0rc1", "1.0"), ("2.9+cpu", "2.9"), ("2026.1.4", "2026.1")],
)
def test_major_and_minor(version: str, minor: str) -> None:
    found = {"python": "3.11.9", "distributions": {"x": version}}
    assert versions.select(using("minor", "x"), found)["distributions"] == {"x": minor}


def test_what_is_not_installed_is_absent() -> None:
    found = versions.here(using("minor", "numpy", "no-such-distribution"))
    numpy = importlib.metadata.version("numpy").split(".")
    assert found["distributions"] == {
        "numpy": ".".join(numpy[:2]),
        "no-such-distribution": None,
    }
    assert found["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_everything_that_is_installed_here() -> None:
    found = versions.environment(sys.path)["distributions"]
    for distribution in importlib.metadata.distributions():
        name = versions.normalise(distribution.metadata["Name"])
        assert found[name] == importlib.metadata.version(name)


def test_the_first_folder_wins(tmp_path: Path) -> None:
    for place, version in (("first", "1.0"), ("second", "2.0")):
        (tmp_path / place / f"x-{version}.dist-info").mkdir(parents=True)
    paths = ["", str(tmp_path / "none"), str(tmp_path / "first"), str(tmp_path / "second")]
    assert versions.environment(paths)["distributions"] == {"x": "1.0"}


def test_imports_lead_to_distributions() -> None:
    names = ["yaml", "numpy", "dateutil", "_pytest", "no_such_package", "cv2"]
    assert distributions_of(names) == [
        "no-such-package", "numpy", "opencv-python", "pytest", "python-dateutil", "pyyaml",
    ]  # fmt: skip


def using(level: str, *names: str) -> Any:
    spec = step("a")
    spec["ingredients"]["versions"] = {"level": level, "distributions": list(names)}
    return spec
