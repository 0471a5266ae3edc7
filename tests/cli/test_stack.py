from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

FILE = """\
[stacks.prod]
alerter = "ops"
store = "file:prod-store"
[stacks.lab]
experiment_tracker = "mlflow_tracker"
[components.alerter.ops]
flavor = "apprise"
urls = ["json://${WEBHOOK_HOST}/x", "nonsense://x"]
[components.experiment_tracker.mlflow_tracker]
flavor = "mlflow"
tracking_uri = "http://localhost:5000"
"""

PIPELINE = """\
from flowc import Client, pipeline, step

@step
def name() -> str:
    return Client().active_stack.name

@pipeline
def named():
    name()
"""


def test_list_use_and_show(flowc: CommandLine) -> None:
    flowc.write("flowc.toml", FILE)
    assert flowc("stack", "list").out.splitlines() == [
        "   stack    components                                  store",
        "*  default",
        f"   prod     alerter ops (apprise)                       file:{Path.cwd()}/prod-store",
        "   lab      experiment_tracker mlflow_tracker (mlflow)",
    ]
    assert flowc("stack", "use", "prod").status == 0
    listed = json.loads(flowc("stack", "list", "--json").out)
    assert [stack["name"] for stack in listed if stack["active"]] == ["prod"]
    assert flowc("stack", "show").out.splitlines() == [
        f"stack prod, store file:{Path.cwd()}/prod-store",
        "  alerter ops: apprise  (active)",
        '    urls = ["json://${WEBHOOK_HOST}/x", "nonsense://x"]',
    ]


def test_use_of_an_unknown_stack(flowc: CommandLine) -> None:
    flowc.write("flowc.toml", FILE)
    outcome = flowc("stack", "use", "prd")
    assert outcome.status == 2
    assert outcome.err == ("error: there is no stack 'prd'\n  hint: did you mean 'prod'?\n")
    assert not (flowc.folder / ".flowc").exists()


def test_use_says_what_counts_more(flowc: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    flowc.write("flowc.toml", FILE)
    monkeypatch.setenv("FLOWC_STACK", "lab")
    assert (
        "note: FLOWC_STACK names the stack 'lab', and counts first"
        in flowc("stack", "use", "prod").err
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_check(flowc: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    flowc.write("flowc.toml", FILE)
    outcome = flowc("stack", "check", "prod")
    assert outcome.status == 1
    assert outcome.out.splitlines() == [
        "missing  alerter ops: ${WEBHOOK_HOST} is not set here",
        "problem  alerter ops: URL 2 is not one that apprise knows",
        "ok       alerter ops: images that flowc builds get the distribution apprise",
    ]
    monkeypatch.setenv("WEBHOOK_HOST", "example.com")
    document = json.loads(flowc("stack", "check", "prod", "--json").out)
    found = [finding["found"] for finding in document["findings"]]
    assert found[0] == "${WEBHOOK_HOST} is set here"
    assert found[1] == "URL 1 is json://example.com"
    assert flowc("stack", "check", "default").err == "the stack 'default' has no components\n"


def test_run_with_a_stack(flowc: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    flowc.write("flowc.toml", FILE)
    flowc.write("named.py", PIPELINE)
    document = json.loads(flowc("run", "named.py", "--stack", "lab", "--json").out)
    [step] = document["steps"]
    from flowc import Client

    assert Client().artifact(document["run_id"], "name") == "lab"
    monkeypatch.setenv("FLOWC_STACK", "prod")
    outcome = flowc("run", "named.py", "--no-cache", "--json")
    run = json.loads(outcome.out)["run_id"]
    assert Client("file:prod-store").artifact(run, "name") == "prod"
    assert flowc("runs", "show", run).status == 0
    assert step["status"] == "completed"


def test_run_with_an_unknown_stack(flowc: CommandLine) -> None:
    flowc.write("named.py", PIPELINE)
    outcome = flowc("run", "named.py", "--stack", "lab")
    assert outcome.status == 2
    assert "there is no stack 'lab'" in outcome.err
    assert "has no flowc.toml, and no [tool.flowc] in pyproject.toml" in outcome.err
