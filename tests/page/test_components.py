"""What the page of advanced features shows of alerters and the components of a stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flowc.driver import compile_pipeline, trace
from flowc.errors import FlowcError, RunFailed
from flowc.ir.text import to_text
from tests.stack.receivers import Webhook
from tests.stack.reporting import Silent

if TYPE_CHECKING:
    from tests.page.conftest import Page

# Apprise imports modules that later Pythons do not have.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def write_stack(page: Page, url: str = "json://localhost") -> None:
    (page.folder / "flowc.toml").write_text(
        f"""
        active = "team"
        [stacks.team]
        alerter = "chat"
        experiment_tracker = ["mlflow_tracker", "wandb"]
        step_operator = ["vertex_ai", "kubernetes"]
        [components.alerter.chat]
        flavor = "apprise"
        urls = {json.dumps([url])}
        [components.experiment_tracker.mlflow_tracker]
        flavor = "mlflow"
        tracking_uri = "http://localhost:5000"
        [components.experiment_tracker.wandb]
        flavor = "wandb"
        project = "digits"
        [components.step_operator.vertex_ai]
        flavor = "vertex"
        project = "p"
        [components.step_operator.kubernetes]
        flavor = "kubernetes"
        """,
        encoding="utf-8",
    )


ALERTING = """
from flowc import get_step_context
from flowc.client import Client
from flowc.hooks import alerter_success_hook, alerter_failure_hook

def on_failure():
    step_name = get_step_context().step_run.name
    Client().active_stack.alerter.post(f"{step_name} just failed!")

@step(on_failure=on_failure)
def watched():
    raise ValueError("no luck")
@step(on_failure=alerter_failure_hook, on_success=alerter_success_hook)
def my_step():
    return 42
@step(on_failure=alerter_failure_hook, on_success=alerter_success_hook)
def my_failing_step():
    raise ValueError("no luck")

@pipeline
def by_hand():
    watched()
@pipeline
def built_in():
    my_step()
    my_failing_step()
"""


def test_an_alerter_in_a_hook(page: Page) -> None:
    with Webhook() as chat:
        write_stack(page, chat.url)
        with pytest.raises(RunFailed):
            page.load(ALERTING).by_hand()
        assert chat.messages == ["watched just failed!"]


def test_built_in_alerter_hooks(page: Page) -> None:
    with Webhook() as chat:
        write_stack(page, chat.url)
        with pytest.raises(RunFailed):
            page.load(ALERTING).built_in()
        failed, completed = sorted(chat.messages, key=lambda text: "completed" in text)
    assert "'my_step'" in completed
    assert "'my_failing_step'" in failed
    assert "no luck" in failed


SETTINGS = """
@step(
    settings={
        "output_materializers": {
            "output": "team.materializers.tensorflow_materializer.TensorflowModelMaterializer"
        },
        "experiment_tracker.mlflow": {
            "experiment_name": "custom_experiment"
        }
    }
)
def train_model() -> "tf.keras.Model":
    import tensorflow as tf
    return tf.keras.Sequential()
@pipeline
def p():
    train_model()
"""


def test_step_settings_are_compiled(page: Page) -> None:
    write_stack(page)
    module = page.load(SETTINGS)
    (step,) = trace(module.p, {}).steps
    assert [output.materializer for output in step.outputs] == [
        "team.materializers.tensorflow_materializer:TensorflowModelMaterializer"
    ]
    used = {use.kind: (use.name, json.loads(use.settings)) for use in step.components}
    assert used["experiment_tracker"] == (
        "mlflow_tracker",
        {"experiment_name": "custom_experiment"},
    )
    report = compile_pipeline(
        module.p,
        "kubeflow",
        out=str(page.folder / "build"),
        parameters={},
        store="s3://bucket/prefix",
        reporter=Silent(),
    )
    assert report.files


COMPONENTS = """
@step(experiment_tracker="mlflow_tracker", step_operator="vertex_ai")
def train_model():
    ...
@step(experiment_tracker="wandb", step_operator="kubernetes")
def evaluate_model():
    ...
@pipeline
def p():
    train_model()
    evaluate_model()
"""


def test_components_of_each_step(page: Page) -> None:
    write_stack(page)
    module = page.load(COMPONENTS)
    steps = trace(module.p, {}).steps
    assert [{use.kind: use.name for use in step.components} for step in steps] == [
        {"alerter": "chat", "experiment_tracker": "mlflow_tracker", "step_operator": "vertex_ai"},
        {"alerter": "chat", "experiment_tracker": "wandb", "step_operator": "kubernetes"},
    ]
    assert "wandb" in to_text(trace(module.p, {}))


def test_an_unknown_component_is_refused(page: Page) -> None:
    write_stack(page)
    module = page.load(COMPONENTS.replace('"wandb"', '"wandbb"'))
    with pytest.raises(FlowcError, match="wandb") as caught:
        module.p()
    assert "step 'evaluate_model'" in str(caught.value)
