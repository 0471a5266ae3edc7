"""What the page of advanced features shows of retries, hooks and settings."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from flowc.errors import AuthorError, RunFailed

if TYPE_CHECKING:
    from tests.page.conftest import Page


def test_step_retries(page: Page) -> None:
    module = page.load("""
import time
from flowc.config.retry_config import StepRetryConfig

@step(
    retry=StepRetryConfig(
        max_retries=3,
        delay=0.1,
        backoff=2
    )
)
def unreliable_step() -> None:
    note(str(time.time()))
    raise ConnectionError("try again")

@pipeline
def p():
    unreliable_step()
""")
    with pytest.raises(RunFailed):
        module.p()
    began = [float(word) for word in page.noted()]
    waits = [later - earlier for earlier, later in itertools.pairwise(began)]
    assert len(waits) == 3
    for wait, least in zip(waits, (0.1, 0.2, 0.4), strict=True):
        assert least <= wait < least + 5
    assert page.newest()["steps"][0]["attempts"] == 4
    assert page.newest()["status"] == "failed"


HOOKS = """
def success_hook(step_name, step_output):
    print(f"Step {step_name} completed successfully with output: {step_output}")

def failure_hook(exception: BaseException):
    print(f"Step failed with error: {str(exception)}")
"""


def test_hooks_of_a_step(page: Page) -> None:
    module = page.load(f"""{HOOKS}
@step(on_success=success_hook, on_failure=failure_hook)
def my_step():
    return 42
@step(on_success=success_hook, on_failure=failure_hook)
def failing_step():
    raise ValueError("no luck")
@pipeline
def p():
    my_step()
    failing_step()
""")
    with pytest.raises(RunFailed):
        module.p()
    logs = page.logs()
    assert logs["my_step"] == "Step my_step completed successfully with output: 42\n"
    assert logs["failing_step"].endswith("Step failed with error: no luck\n")
    assert "completed successfully" not in logs["failing_step"]


def test_hooks_of_a_pipeline(page: Page) -> None:
    module = page.load(f"""{HOOKS}
def own_hook():
    print("own")
@step
def one() -> int:
    return 1
@step(on_success=own_hook)
def two() -> int:
    return 2
@step
def three():
    raise ValueError("third")
@pipeline(on_failure=failure_hook, on_success=success_hook)
def my_pipeline():
    one()
    two()
    three()
""")
    with pytest.raises(RunFailed):
        module.my_pipeline()
    logs = page.logs()
    assert logs["one"] == "Step one completed successfully with output: 1\n"
    assert logs["two"] == "own\n"
    assert logs["three"].endswith("Step failed with error: third\n")


def test_the_step_context_in_a_hook(page: Page) -> None:
    module = page.load("""
from flowc import step, get_step_context

def on_failure(exception: BaseException):
    context = get_step_context()
    print(f"Failed step: {context.step_run.name}")
    print(f"Parameters: {context.step_run.config.parameters}")
    print(f"Exception: {type(exception).__name__}: {str(exception)}")
    print(f"Pipeline: {context.pipeline_run.name}")

@step(on_failure=on_failure)
def my_step(some_parameter: int = 1):
    raise ValueError("My exception")

@pipeline(run_name="tonight")
def p():
    my_step()
""")
    with pytest.raises(RunFailed):
        module.p()
    assert page.logs()["my_step"].splitlines()[-4:] == [
        "Failed step: my_step",
        "Parameters: {'some_parameter': 1}",
        "Exception: ValueError: My exception",
        "Pipeline: tonight",
    ]
    with pytest.raises(RunFailed, match="My exception"):
        module.my_step(some_parameter=5)
    assert "Parameters: {'some_parameter': 5}" in page.logs()["my_step"]


PIPELINE_CLASS = """
from flowc import Pipeline
@step
def work(epochs: int) -> int:
    note(f"epochs={epochs}")
    return epochs
class MyPipeline(Pipeline):
    def connect(self, epochs: int = 3):
        work(epochs)

my_pipeline = MyPipeline()

my_pipeline.configure(
    enable_cache=False,
    enable_artifact_metadata=True,
    settings={
        "docker": {
            "parent_image": "some/cuda:latest"
        }
    }
)
"""


def test_a_pipeline_is_made_and_configured(page: Page) -> None:
    module = page.load(PIPELINE_CLASS)
    module.my_pipeline()
    module.my_pipeline()
    assert page.noted() == ["epochs=3", "epochs=3"]
    assert page.newest()["pipeline"] == "MyPipeline"
    from flowc.driver import trace

    (step,) = trace(module.my_pipeline, {}).steps
    assert step.docker.parent_image == "some/cuda:latest"
    assert (step.cache, step.artifact_metadata) == (False, True)


def test_wrong_configuration_is_refused_at_once(page: Page) -> None:
    module = page.load(PIPELINE_CLASS)
    with pytest.raises(AuthorError, match="has no option 'enable_cahce'"):
        module.my_pipeline.configure(enable_cahce=False)


MATERIALIZER = """
from pathlib import Path
class Shouting:
    def save(self, value, path: Path) -> None:
        path.write_text(value.upper())
    def load(self, path: Path) -> str:
        return path.read_text()

@step(
    settings={
        "output_materializers": {
            "output": "%s.Shouting"
        },
    }
)
def train_model() -> str:
    return "quiet"

@pipeline
def p():
    train_model()
"""


def test_a_materializer_in_settings(page: Page) -> None:
    (page.folder / "lib_formats.py").write_text(
        MATERIALIZER[: MATERIALIZER.index("@step")], encoding="utf-8"
    )
    module = page.load(MATERIALIZER % "lib_formats")
    document = module.p()
    from flowc import Client

    assert Client().artifact(document["run_id"], "train_model") == "QUIET"
