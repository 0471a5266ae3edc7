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


def test_the_versions_come_last(flowc: CommandLine) -> None:
    rows = flowc("targets").out.split("\n\n")[2].splitlines()
    assert [row.split()[0] for row in rows] == ["airflow", "kubeflow", "prefect"]
    assert rows[0].startswith("airflow   2.11, 3  tried with 2.11.")


def test_the_document(flowc: CommandLine) -> None:
    document = json.loads(flowc("targets", "--json").out)
    assert document["features"] == dict(FEATURES)
    assert list(document["targets"]) == TARGETS
    assert document["targets"]["local"]["kind"] == "machine"
    assert document["targets"]["local"]["versions"] == {"series": [], "tested": []}
    assert document["targets"]["airflow"]["versions"]["series"] == ["2.11", "3"]
    executors = document["targets"]["airflow"]["executors"]
    assert executors["kubernetes"]["tolerations"] == "native"
    assert "executors" not in document["targets"]["kubeflow"]
    assert all(list(t["supports"]) == list(FEATURES) for t in document["targets"].values())
