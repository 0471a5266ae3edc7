"""`flowc deploy` to Kubeflow Pipelines: the real kfp client, a stand-in for the server's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from e2e.engines.kfp_api import KfpApi
from e2e.engines.venvs import engine_python
from e2e.test_deploy import Author

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEDULED = '(schedule="0 3 * * 5-7")'


@pytest.fixture
def server() -> Iterator[KfpApi]:
    with KfpApi() as api:
        yield api


@pytest.fixture
def author(server: KfpApi, tmp_path: Path) -> Author:
    # kfp is not among the tools of this checkout: its environment's packages come last.
    packages = next(engine_python("kubeflow").parents[1].glob("lib/python*/site-packages"))
    return Author(
        folder=tmp_path,
        target="kubeflow",
        image="flowc-python:3.11",
        environment={"FLOWC_KUBEFLOW_URL": server.url, "PYTHONPATH": str(packages)},
        volume="pvc:flowc-store",
        build_images=False,
    )


def names(kind: dict[str, dict[str, Any]]) -> list[str]:
    return [one["display_name"] for one in kind.values()]


def test_a_pipeline_its_versions_and_its_schedule(server: KfpApi, author: Author) -> None:
    author.compile("hourly", arguments=SCHEDULED)
    first = author.deploy().document
    assert (first["change"], first["name"]) == ("created", "hourly")
    [one] = server.recurring.values()
    assert one["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * 0,5,6"}}
    assert names(server.versions) == [first["digest"][:12]]
    compared = author.diff_deployed()
    assert (compared["same"], compared["changes"]) == (True, [])

    writes = server.writes
    assert author.deploy().document["change"] == "unchanged"
    assert server.writes == writes

    author.compile("hourly", greeting="good evening", arguments=SCHEDULED)
    compared = author.diff_deployed()
    assert (compared["same"], compared["steps"]) == (False, [])
    [change] = compared["changes"]
    assert f"another build is deployed, `{first['digest'][:12]}`" in change["text"]
    second = author.deploy().document
    assert second["change"] == "updated"
    assert names(server.versions) == [first["digest"][:12], second["digest"][:12]]
    [newest] = server.recurring.values()
    version = server.versions[newest["pipeline_version_reference"]["pipeline_version_id"]]
    assert version["name"] == second["digest"][:12]

    author.compile("hourly", arguments=SCHEDULED)
    assert author.deploy().document["change"] == "updated"
    assert names(server.versions)[-1] == f"{first['digest'][:12]}-2"
    assert author.deploy().document["change"] == "unchanged"

    server.recurring["by-hand"] = {**newest, "display_name": "mine", "description": "By hand."}
    kept = author.flowc("undeploy", author.build)
    assert kept.status == 2
    assert "the recurring run 'mine' starts the pipeline 'hourly'" in kept.err
    del server.recurring["by-hand"]
    assert author.undeploy()["change"] == "removed"
    assert [*server.pipelines, *server.versions, *server.recurring] == []
    assert author.undeploy()["change"] == "absent"


def test_a_run_with_changed_parameters(server: KfpApi, author: Author) -> None:
    author.compile("called")
    run = ("--trigger", "-p", "name=$(HOME) {{x}}", "-p", "times=3", "--wait")
    done = author.deploy(*run)
    assert done.document["run"]["state"] == "SUCCEEDED"
    assert "step greet  RUNNING" in done.err
    [made] = server.runs.values()
    assert made["run_id"] == done.document["run"]["engine_run"]
    # What Argo and Kubernetes would replace is written with escapes, an integer as JSON.
    given = made["runtime_config"]["parameters"]
    assert given == {"name": 'flowc:json:"\\u0024(HOME) \\u007b{x}}"', "times": "3"}

    server.life = ("RUNNING", "FAILED")
    failed = author.deploy("--trigger", "--wait")
    assert (failed.status, failed.document["run"]["completed"]) == (1, False)
    server.life = ("RUNNING",)
    slow = author.deploy("--trigger", "--wait", "--timeout", "1")
    assert (slow.status, slow.out) == (2, "")
    assert "has not ended after 1 s, it is RUNNING" in slow.err
    wrong = author.deploy("--trigger", "-p", "time=3")
    assert wrong.status == 2
    assert "has no parameter 'time'" in wrong.err
    assert "did you mean 'times'?" in wrong.err


def test_a_server_that_refuses_keeps_what_was_deployed(server: KfpApi, author: Author) -> None:
    author.compile("kept", arguments=SCHEDULED)
    assert author.deploy().status == 0
    before = (dict(server.pipelines), dict(server.versions), dict(server.recurring))
    author.compile("kept", greeting="good bye", arguments='(schedule="0 4 * * *")')
    for path in ("/pipelines/upload_version", "/recurringruns"):
        server.broken = {("POST", path)}
        refused = author.deploy()
        assert (refused.status, refused.out) == (2, "")
        assert refused.err.count("error:") == 1
        assert "the database is gone" in refused.err
        assert (dict(server.pipelines), dict(server.versions), dict(server.recurring)) == before


def test_a_pipeline_of_somebody_else(server: KfpApi, author: Author) -> None:
    author.compile("taken")
    server.pipelines["1"] = {
        "pipeline_id": "1",
        "name": "taken",
        "display_name": "taken",
        "description": "Made by hand.",
    }
    for refused in (author.deploy(), author.flowc("undeploy", author.build)):
        assert refused.status == 2
        assert "the pipeline 'taken' is somebody else's" in refused.err
    assert len(server.pipelines) == 1


def test_nobody_answers_and_wrong_credentials(server: KfpApi, author: Author) -> None:
    author.compile("called")
    right, wrong = "right", "not-this-one"
    server.token = right
    refused = author.deploy(FLOWC_KUBEFLOW_TOKEN=wrong)
    assert refused.status == 2
    assert "refuses the credentials (401)" in refused.err
    assert wrong not in refused.err
    assert author.deploy(FLOWC_KUBEFLOW_TOKEN=right).document["change"] == "created"
    nobody = author.deploy("--url", "http://127.0.0.1:9")
    assert nobody.status == 2
    assert "does not answer" in nobody.err


def test_without_kfp(author: Author) -> None:
    author.compile("called")
    del author.environment["PYTHONPATH"]
    refused = author.deploy()
    assert refused.status == 2
    assert "the package 'kfp' is not installed" in refused.err
    assert "pip install 'flowc[kubeflow]'" in refused.err
