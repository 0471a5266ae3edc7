"""The main job on a second release of those engines that have no other line here.

Airflow's two lines are both tried with everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.targets import Machine, OnKubeflow, OnPrefect, Target
from e2e.test_main_job import (
    DIGITS,
    FAILED,
    PARAMETERS,
    PIPELINES,
    SUCCEEDED,
    digests,
    run_everywhere,
)

if TYPE_CHECKING:
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def targets(
    base_image: str,
    older_prefect: Prefect,
    older_kfp: Kfp,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Target]:
    folder = tmp_path_factory.mktemp("older")
    return [
        Machine("local", folder, base_image),
        OnKubeflow(older_kfp, folder, base_image),
        OnPrefect(older_prefect, folder, base_image),
    ]


def test_the_same_outputs(targets: list[Target]) -> None:
    results = run_everywhere(targets, DIGITS)
    assert {name for name, (state, _) in results.items() if state not in SUCCEEDED} == set()
    seen = {name: digests(document) for name, (_, document) in results.items()}
    assert seen == dict.fromkeys(seen, seen["local"])


def test_the_same_parameters(targets: list[Target]) -> None:
    results = run_everywhere(targets, PIPELINES / "exact.py", PARAMETERS)
    for name, (state, document) in results.items():
        assert state in SUCCEEDED, name
        assert document["parameters"] == PARAMETERS, name


@pytest.mark.parametrize("source", ["failing.py", "hooked.py"])
def test_the_same_statuses(targets: list[Target], source: str) -> None:
    results = run_everywhere(targets, PIPELINES / source)
    assert {name for name, (state, _) in results.items() if state not in FAILED} == set()
    seen = {
        name: {step["id"]: (step["status"], step["attempts"]) for step in document["steps"]}
        for name, (_, document) in results.items()
    }
    assert seen == dict.fromkeys(seen, seen["local"])
