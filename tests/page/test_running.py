"""What the page of advanced features shows of caching, single steps and order."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flowc.driver import compile_pipeline, load_pipeline, trace

if TYPE_CHECKING:
    import pytest

    from tests.page.conftest import Page

TWO = """
@step{options}
def counted() -> int:
    note("counted")
    return 1
@step
def other() -> None:
    note("other")
@pipeline{pipeline_options}
def nightly():
    other()
    counted()
"""


def two(options: str = "", pipeline_options: str = "") -> str:
    return TWO.format(options=options, pipeline_options=pipeline_options)


def test_caching_by_default(page: Page) -> None:
    module = page.load(two())
    module.nightly()
    assert sorted(page.noted()) == ["counted", "other"]
    module.nightly()
    assert page.noted() == []
    assert page.statuses() == {"other": "cached", "counted": "cached"}


def test_caching_off_for_a_step(page: Page) -> None:
    module = page.load(two(options="(enable_cache=False)"))
    module.nightly()
    module.nightly()
    assert sorted(page.noted()) == ["counted", "counted", "other"]


def test_caching_off_for_a_pipeline(page: Page) -> None:
    module = page.load(two(pipeline_options="(enable_cache=False)"))
    module.nightly()
    module.nightly()
    assert sorted(page.noted()) == ["counted", "counted", "other", "other"]


def test_caching_off_after_definition(page: Page) -> None:
    module = page.load(two())
    module.counted.configure(enable_cache=False)
    module.nightly()
    module.nightly()
    assert sorted(page.noted()) == ["counted", "counted", "other"]
    module.nightly.configure(enable_cache=False)
    module.nightly()
    assert sorted(page.noted()) == ["counted", "other"]


def test_inputs_code_and_configuration_invalidate(page: Page) -> None:
    source = """
@step
def scale(factor: int) -> int:
    return 10 * factor
@pipeline
def p(factor: int = 1):
    scale(factor)
"""
    module = page.load(source)

    def status() -> str:
        return page.statuses()["scale"]

    module.p()
    module.p()
    assert status() == "cached"
    module.p(factor=2)
    assert status() == "completed"
    module.scale.configure(settings={"docker": {"environment": {"MODE": "x"}}})
    module.p()
    assert status() == "completed"
    page.load(source.replace("10 *", "11 *")).p()
    assert status() == "completed"


TRAINING = """
class Classifier:
    def __init__(self, middle):
        self.middle = middle
    def predict(self, rows):
        return rows > self.middle

@step
def train_classifier(
    X_train, y_train
) -> tuple[Annotated[Classifier, "model"], Annotated[float, "accuracy"]]:
    note("trained")
    model = Classifier(float(X_train.mean()))
    return model, float((model.predict(X_train) == y_train).mean())
"""


def test_a_single_step(page: Page) -> None:
    train_classifier = page.load(TRAINING).train_classifier
    rows, truth = np.array([1.0, 2.0, 8.0, 9.0]), np.array([False, False, True, False])
    for _ in range(2):
        model, accuracy = train_classifier(X_train=rows, y_train=truth)
        assert (model.middle, accuracy) == (5.0, 0.75)
    assert page.noted() == ["trained"]
    frame, labels = pd.Series(rows), pd.Series(truth)
    model, accuracy = train_classifier(X_train=frame, y_train=labels)
    assert list(model.predict(frame)) == [False, False, True, True]
    assert page.newest()["pipeline"] == "train_classifier"


def test_the_underlying_function(page: Page) -> None:
    train_classifier = page.load(TRAINING).train_classifier
    rows, truth = np.array([1.0, 3.0]), np.array([False, True])
    for _ in range(2):
        model, accuracy = train_classifier.entrypoint(X_train=rows, y_train=truth)
        assert (model.middle, accuracy) == (2.0, 1.0)
    assert page.noted() == ["trained", "trained"]
    assert not (page.folder / "store").exists()


def test_the_underlying_function_by_default(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_RUN_SINGLE_STEPS_WITHOUT_STACK", "True")
    where = page.load("@step\ndef where() -> int:\n    import os\n    return os.getpid()\n").where
    assert where() == os.getpid()
    assert not (page.folder / "store").exists()


def test_order_by_after(page: Page) -> None:
    module = page.load("""
import time
@step(enable_cache=False)
def step_a() -> int:
    time.sleep(0.2)
    note("a")
    return 1
@step(enable_cache=False)
def step_b() -> None:
    time.sleep(0.1)
    note("b")
@step(enable_cache=False)
def step_c() -> None:
    time.sleep(0.1)
    note("c")
@step(enable_cache=False)
def step_d() -> None:
    note("d")

@pipeline
def ordered():
    step_a_output = step_a()
    step_b_output = step_b()
    step_c(after=[step_a_output, step_b_output])
    step_d(after="step_c")
""")
    module.ordered()
    words = page.noted()
    assert sorted(words[:2]) == ["a", "b"]
    assert words[2:] == ["c", "d"]


def test_pipeline_composition(page: Page) -> None:
    module = page.load("""
@step
def training_data_loader_step() -> list[int]:
    return [1, 2, 3]
@step
def test_data_loader_step() -> list[int]:
    return [4, 5]
@step
def preprocessing_step(data: list[int]) -> list[int]:
    return [10 * row for row in data]
@step
def train_model(data: list[int]) -> float:
    return sum(data) / len(data)
@step
def evaluate_model(model: float, data: list[int]) -> None:
    print([row > model for row in data])

@pipeline
def data_pipeline(mode: str):
    if mode == "train":
        data = training_data_loader_step()
    else:
        data = test_data_loader_step()
    processed_data = preprocessing_step(data)
    return processed_data

@pipeline
def training_pipeline():
    training_data = data_pipeline(mode="train")
    model = train_model(data=training_data)
    test_data = data_pipeline(mode="test")
    evaluate_model(model=model, data=test_data)
""")
    module.training_pipeline()
    assert set(page.statuses()) == {
        "data_pipeline.training_data_loader_step",
        "data_pipeline.preprocessing_step",
        "data_pipeline_2.test_data_loader_step",
        "data_pipeline_2.preprocessing_step",
        "train_model",
        "evaluate_model",
    }
    assert page.logs() == {"evaluate_model": "[True, True]\n"}


FAN = """
@step
def process_chunk(chunk: int) -> int:
    note("chunk")
    return chunk * chunk
@step
def combine_results(results: list[int]) -> int:
    note("combined")
    return sum(results)

@pipeline
def fan_pipeline():
    results = []
    for i in range(5):
        results.append(process_chunk(i))
    final_result = combine_results(results)
"""


def test_fan_out_and_fan_in(page: Page) -> None:
    module = page.load(FAN)
    document = module.fan_pipeline()
    assert page.noted() == [*["chunk"] * 5, "combined"]
    from flowc import Client

    assert Client().artifact(document["run_id"], "combine_results") == 30


def test_fan_out_is_parallel_on_kubeflow(page: Page) -> None:
    module = page.load(FAN)
    steps = {step.id: step.upstream for step in trace(module.fan_pipeline, {}).steps}
    chunks = ["process_chunk", *(f"process_chunk_{n}" for n in range(2, 6))]
    assert all(steps[chunk] == () for chunk in chunks)
    assert steps["combine_results"] == tuple(chunks)
    from tests.runtime.test_local import Told

    report = compile_pipeline(
        load_pipeline(str(module.__file__)),
        "kubeflow",
        out=str(page.folder / "build"),
        parameters={},
        store="s3://bucket/prefix",
        reporter=Told(),
    )
    assert report.files


def test_custom_invocation_ids(page: Page) -> None:
    module = page.load("""
@step
def my_step(number: int = 1) -> int:
    return number
@pipeline
def ids():
    first_output = my_step(step_name="first_step")
    second_output = my_step(step_name="second_step")
    my_step(second_output, id="third_step")
""")
    module.ids()
    assert list(page.statuses()) == ["first_step", "second_step", "third_step"]
    assert {step["step"] for step in page.newest()["steps"]} == {"my_step"}


def test_named_runs(page: Page) -> None:
    module = page.load("""
from datetime import datetime
@step
def work() -> None: ...
@pipeline
def my_pipeline():
    work()
def start():
    run_name = f"training_run_{datetime.now().strftime('%Y%m%d_%H%M%S')}"
    my_pipeline.with_options(run_name=run_name)()
    return run_name
""")
    name = module.start()
    assert page.newest()["name"] == name
    module.my_pipeline()
    assert page.newest()["name"] == page.newest()["run_id"]
