"""What the targets say of their engines' versions is what they are tried with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowc.errors import AuthorError
from flowc.registry import choose_series, find_backend, split_target, versions_of

LOCKS = Path(__file__).parents[2] / "requirements"
DISTRIBUTIONS = {"airflow": "apache-airflow", "kubeflow": "kfp", "prefect": "prefect"}


@pytest.mark.parametrize("target", DISTRIBUTIONS)
def test_tested_are_the_locked_releases(target: str) -> None:
    pattern = re.compile(rf"^{DISTRIBUTIONS[target]}==(\S+)", re.MULTILINE)
    locks = LOCKS.glob(f"{target}*.txt")
    locked = {found[1] for lock in locks if (found := pattern.search(lock.read_text("utf-8")))}
    versions = versions_of(find_backend(target))
    assert set(versions.tested) == locked
    assert len(locked) >= 2
    assert {versions.series_of(release) for release in locked} == set(versions.series)


@pytest.mark.parametrize(
    ("target", "series"),
    [
        ("airflow", ""),
        ("airflow==3", "3"),
        ("airflow == 3.1", "3"),
        ("airflow==3.3.2", "3"),
        ("airflow==2", "2.11"),
        ("airflow==2.11", "2.11"),
        ("airflow==2.11.2", "2.11"),
        ("prefect==3", "3"),
        ("kubeflow==2.14", "2"),
    ],
)
def test_a_version_belongs_to_a_series(target: str, series: str) -> None:
    assert choose_series(find_backend(split_target(target)[0]), target) == series


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("airflow==2.10", "known: airflow==2.11, airflow==3; or without a version: airflow"),
        ("airflow==30", "known: airflow==2.11, airflow==3"),
        ("airflow==2.1", "known: airflow==2.11"),
        ("airflow==", "known: airflow==2.11"),
        ("airflow==three", "known: airflow==2.11"),
        ("prefect==2", "known: prefect==3; or"),
        ("local==1", "use local"),
    ],
)
def test_other_versions_are_refused(target: str, hint: str) -> None:
    with pytest.raises(AuthorError) as raised:
        choose_series(find_backend(split_target(target)[0]), target)
    assert f"'{target}' asks for a version that flowc does not compile for" in str(raised.value)
    assert raised.value.hint.startswith(hint)
