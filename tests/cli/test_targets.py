from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flowc.registry import FEATURES

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

TARGETS = ["airflow", "docker", "kubeflow", "local", "prefect"]


def test_the_table_has_every_feature_and_target(flowc: CommandLine) -> None:
    outcome = flowc("targets")
    assert (outcome.status, outcome.err) == (0, "")
    head, *rows = outcome.out.split("\n\n")[0].splitlines()
    assert head.split() == TARGETS
    assert [row.split()[0] for row in rows] == list(FEATURES)
    assert {word for row in rows for word in row.split()[1:]} <= {"native", "emulated", "error"}


def test_the_document(flowc: CommandLine) -> None:
    document = json.loads(flowc("targets", "--json").out)
    assert document["features"] == dict(FEATURES)
    assert list(document["targets"]) == TARGETS
    assert document["targets"]["local"]["kind"] == "machine"
    executors = document["targets"]["airflow"]["executors"]
    assert executors["kubernetes"]["tolerations"] == "native"
    assert "executors" not in document["targets"]["kubeflow"]
    assert all(list(t["supports"]) == list(FEATURES) for t in document["targets"].values())
