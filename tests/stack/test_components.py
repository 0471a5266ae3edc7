"""Which component a step uses, with which settings, and what its process then finds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowc import Client
from flowc.driver import load_pipeline, run_pipeline, trace
from flowc.driver.compile import compile_pipeline
from flowc.driver.front import prepare
from flowc.errors import FlowcError
from flowc.ir.json import from_json, to_json
from flowc.ir.text import to_text
from flowc.registry import backend_names, find_backend
from tests.stack.reporting import Silent

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.authoring import Pipeline

STACK = """\
active = "prod"
[stacks.prod]
experiment_tracker = ["mlflow_tracker", "wandb"]
step_operator = ["kubernetes", "vertex_ai"]
alerter = "ops"
[stacks.empty]
[components.alerter.ops]
flavor = "apprise"
urls = ["json://localhost"]
[components.experiment_tracker.mlflow_tracker]
flavor = "mlflow"
tracking_uri = "http://${MLFLOW_HOST}:5000"
password = "${MLFLOW_PASSWORD}"
experiment_name = "everybody"
[components.experiment_tracker.wandb]
flavor = "wandb"
project = "digits"
[components.step_operator.kubernetes]
flavor = "kubernetes"
[components.step_operator.vertex_ai]
flavor = "vertex"
project = "p"
"""

HEAD = "import os\nfrom flowc import pipeline, step\n"

SEEN = """
def seen(*names) -> dict:
    return {name: os.environ[name] for name in names if name in os.environ}

@step
def plain() -> dict:
    return seen("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_TRACKING_PASSWORD")

@step(settings={"experiment_tracker.mlflow": {
    "experiment_name": "mine", "tags": {"a": "${QUOTED}"}, "nested": False}})
def own() -> dict:
    return seen("MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_CONTEXT")

@step(experiment_tracker="wandb", settings={"experiment_tracker": {"tags": ["x", "y"]}})
def other() -> dict:
    return seen("WANDB_PROJECT", "WANDB_TAGS", "MLFLOW_TRACKING_URI")

@pipeline
def tracked():
    plain()
    own()
    other()
"""


def load(project: Path, text: str, stack: str = STACK) -> Pipeline:
    (project / "flowc.toml").write_text(stack)
    (project / "tracked.py").write_text(HEAD + text)
    return load_pipeline("tracked.py")


def refusal(project: Path, options: str, stack: str = "") -> str:
    text = f"@step({options})\ndef train(): ...\n@pipeline\ndef p():\n    train()\n"
    with pytest.raises(FlowcError) as caught:
        trace(load(project, text), {}, stack=stack)
    return str(caught.value)


def values(pipeline: Pipeline) -> dict[str, Any]:
    run = run_pipeline(pipeline, target="local", parameters={}, reporter=Silent())
    client = Client()
    return {step["id"]: client.artifact(run, step["id"]) for step in client.run(run)["steps"]}


def test_a_step_finds_its_tracker(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HOST", "tracker")
    monkeypatch.setenv("MLFLOW_PASSWORD", "s3cr3t")
    monkeypatch.setenv("QUOTED", 'say "hi"')
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    found = values(load(project, SEEN))
    assert found["plain"] == {
        "MLFLOW_TRACKING_URI": "http://tracker:5000",
        "MLFLOW_EXPERIMENT_NAME": "everybody",
        "MLFLOW_TRACKING_PASSWORD": "s3cr3t",
    }
    assert found["own"] == {
        "MLFLOW_EXPERIMENT_NAME": "mine",
        "MLFLOW_RUN_CONTEXT": '{"a": "say \\"hi\\""}',
    }
    assert found["other"] == {"WANDB_PROJECT": "digits", "WANDB_TAGS": "x,y"}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://${PART}:5000", "PART part-1 PW ***"),
        ("http://user:${PART}@host", "PART *** PW ***"),
        ("${PART}", "PART *** PW ***"),
    ],
)
def test_what_lets_a_step_in_is_masked(
    project: Path, monkeypatch: pytest.MonkeyPatch, address: str, shown: str
) -> None:
    monkeypatch.setenv("PART", "part-1")
    monkeypatch.setenv("PW", "s3cr3t")
    stack = f"""
        active = "s"
        [stacks.s]
        experiment_tracker = "m"
        [components.experiment_tracker.m]
        flavor = "mlflow"
        tracking_uri = "{address}"
        password = "${{PW}}"
    """
    text = """
@step
def tell() -> None:
    print("PART", os.environ["PART"], "PW", os.environ["MLFLOW_TRACKING_PASSWORD"])
@pipeline
def p():
    tell()
"""
    pipeline = load(project, text, stack)
    run = run_pipeline(pipeline, target="local", parameters={}, reporter=Silent())
    assert Client().logs(run)["tell"].splitlines() == [shown]


def test_a_variable_that_is_missing_is_said(project: Path) -> None:
    pipeline = load(project, SEEN)
    run = run_pipeline(pipeline, target="local", parameters={}, reporter=Silent())
    assert Client().artifact(run, "plain") == {"MLFLOW_EXPERIMENT_NAME": "everybody"}
    log = Client().logs(run)["plain"]
    assert "tracking_uri needs the environment variable MLFLOW_HOST, which is not set here" in log


def test_components_do_not_enter_the_cache_key(project: Path) -> None:
    pipeline = load(project, SEEN)
    run_pipeline(pipeline, target="local", parameters={}, reporter=Silent())
    (project / "flowc.toml").write_text(STACK.replace("everybody", "nobody"))
    run = run_pipeline(pipeline, target="local", parameters={}, reporter=Silent())
    assert {step["status"] for step in Client().run(run)["steps"]} == {"cached"}


def test_the_ir_and_the_specification_have_them(project: Path) -> None:
    front = prepare(load(project, SEEN))
    assert from_json(to_json(front.pipeline)) == front.pipeline
    lines = [line.strip() for line in to_text(front.pipeline).splitlines()]
    assert "stack prod" in lines
    assert 'experiment_tracker wandb {"tags": ["x", "y"]}' in lines
    stack = front.spec.get("stack")
    assert stack is not None
    assert stack["active"] == {"experiment_tracker": "mlflow_tracker", "alerter": "ops"}
    tracker = stack["components"]["experiment_tracker"]["mlflow_tracker"]
    assert tracker["tracking_uri"] == "http://${MLFLOW_HOST}:5000"
    assert front.spec["steps"][2].get("components") == {
        "alerter": {"name": "ops", "settings": {}},
        "experiment_tracker": {"name": "wandb", "settings": {"tags": ["x", "y"]}},
    }


def test_settings_of_a_pipeline_are_for_steps_whose_flavor_they_fit(project: Path) -> None:
    text = SEEN.replace(
        "@pipeline",
        '@pipeline(settings={"experiment_tracker.mlflow": {"experiment_name": "all"}})',
    )
    [plain, own, other] = trace(load(project, text), {}).steps
    settings = [json.loads(step.components[1].settings) for step in (plain, own, other)]
    assert settings[0] == {"experiment_name": "all"}
    assert settings[1]["experiment_name"] == "mine"
    assert settings[2] == {"tags": ["x", "y"]}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            "experiment_tracker='mlflow_traker'",
            (
                "tracked.py:3: step 'train': there is no "
                "experiment_tracker 'mlflow_traker' in the stack 'prod'\n  hint: did you mean "
                "'mlflow_tracker'? its experiment_trackers: 'mlflow_tracker' (mlflow), "
                "'wandb' (wandb)"
            ),
        ),
        ("alerter=3", "alerter wants the name of a component, got 3"),
        (
            "settings={'experiment_tracker.mlflow': {'experiment': 'x'}}",
            (
                "tracked.py:3: step 'train': settings['experiment_tracker.mlflow'] has no key "
                "'experiment'\n  hint: did you mean 'experiment_name'?"
            ),
        ),
        ("settings={'experiment_tracker.mlflow': {'nested': True}}", "call mlflow.start_run"),
        (
            "settings={'experiment_tracker.wandb': {'project': 'x'}}",
            (
                "are of no use: the step uses "
                "the experiment_tracker 'mlflow_tracker', whose flavor is mlflow"
            ),
        ),
        (
            "settings={'experiment_tracker.mlflw': {}}",
            (
                "there are no settings 'experiment_tracker.mlflw'\n"
                "  hint: did you mean 'experiment_tracker.mlflow'?"
            ),
        ),
        ("settings={'step_operator.vertex': {}}", "the step uses no step_operator"),
        ("settings={'alerter.apprise': 3}", "settings['alerter.apprise'] wants a dict, got 3"),
        ("settings={'alerter': {'title': '${'}}", "title: '${' is not ${NAME}"),
    ],
)
def test_what_does_not_fit_the_stack_is_refused(project: Path, options: str, said: str) -> None:
    assert said in refusal(project, options)


def test_without_such_a_component_the_error_says_what_there_is(project: Path) -> None:
    options = "settings={'experiment_tracker.mlflow': {'experiment_name': 'x'}}"
    assert refusal(project, options, "empty") == (
        "tracked.py:3: step 'train': settings['experiment_tracker.mlflow'] are of no use: the "
        "step uses no experiment_tracker of the stack 'empty'\n"
        "  hint: the stack 'empty' has no experiment_tracker; see `flowc stack list`"
    )


OPERATORS = {"kubeflow": {"kubernetes"}}


@pytest.mark.parametrize("operator", ["kubernetes", "vertex_ai"])
@pytest.mark.parametrize("target", backend_names())
def test_operators_are_refused_where_they_are_not_what_the_target_does(
    project: Path, target: str, operator: str
) -> None:
    text = (
        f"@step(step_operator='{operator}')\ndef train(): ...\n@pipeline\ndef p():\n    train()\n"
    )
    pipeline = load(project, text)

    def attempt() -> None:
        if find_backend(target).kind == "machine":
            run_pipeline(pipeline, target=target, parameters={}, reporter=Silent())
        else:
            compile_pipeline(
                pipeline,
                target,
                out="out",
                parameters={},
                store="s3://bucket/flowc",
                reporter=Silent(),
            )

    if operator in OPERATORS.get(target, ()):
        attempt()
        assert [path.name for path in (project / "out").glob("*.yaml")] == ["p.yaml"]
    else:
        with pytest.raises(FlowcError, match=f"{operator}.*of step 'train' is not supported") as e:
            attempt()
        assert str(e.value).startswith("tracked.py:3: step_operator ")


@pytest.mark.shows(
    "kubernetes_operator", on=["kubeflow", "airflow:kubernetes", "prefect:kubernetes"]
)
@pytest.mark.parametrize(
    ("target", "executor", "word"),
    [
        ("kubeflow", "", "comp-train"),
        ("airflow", "kubernetes", "KubernetesPodOperator("),
        ("prefect", "kubernetes", "create_namespaced_job("),
    ],
)
def test_steps_that_ask_for_pods_are_pods_there(
    project: Path, target: str, executor: Any, word: str
) -> None:
    pipeline = load(
        project,
        "@step(step_operator='kubernetes')\ndef train(): ...\n@pipeline\ndef p():\n    train()\n",
    )
    compile_pipeline(
        pipeline,
        target,
        out="out",
        parameters={},
        store="s3://bucket/flowc",
        executor=executor,
        reporter=Silent(),
    )
    manifest = json.loads((project / "out/manifest.json").read_text())
    assert manifest["features"]["kubernetes_operator"] == "native"
    [file] = [path for path in (project / "out").iterdir() if path.stem == "p"]
    assert word in file.read_text()
