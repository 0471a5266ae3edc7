"""Nested pipelines: their own configuration, their arguments, and what only a run can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.driver import load_pipeline, trace
from flowc.driver.front import prepare
from flowc.errors import AuthorError
from tests.authoring import text, traced, write

if TYPE_CHECKING:
    from pathlib import Path

STEPS = """
def told(): pass
def other(): pass
@step
def work(n: int = 1) -> int:
    return n
@step(enable_cache=True, on_success=told)
def own(n: int = 1) -> int:
    return n
"""


def test_steps_take_over_from_the_nearest_pipeline(tmp_path: Path) -> None:
    source = """
@pipeline(
    enable_cache=False,
    enable_artifact_metadata=False,
    retry=RetryConfig(max_retries=2),
    on_success=other,
    settings={"docker": {"parent_image": "inner", "environment": {"A": "1"}}},
)
def inner():
    work()
    own()
@pipeline(
    retry=RetryConfig(max_retries=5),
    on_failure=other,
    settings={"docker": {"parent_image": "outer", "user": "u"}},
)
def p():
    inner()
    work()
"""
    found = {each.id: each for each in traced(tmp_path, STEPS + source, wanted="p").steps}
    nested, own, outside = found["inner.work"], found["inner.own"], found["work"]
    assert (nested.cache, own.cache, outside.cache) == (False, True, True)
    assert (nested.artifact_metadata, outside.artifact_metadata) == (False, True)
    assert [each.retry.max_retries for each in (nested, own, outside)] == [2, 2, 5]
    assert [hook.event for hook in nested.hooks] == ["on_success", "on_failure"]
    assert [hook.function.qualname for hook in own.hooks] == ["told", "other"]
    assert [hook.event for hook in outside.hooks] == ["on_failure"]
    assert (nested.docker.parent_image, nested.docker.user) == ("inner", "u")
    assert (outside.docker.parent_image, outside.docker.environment) == ("outer", ())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("inner('x')", "pipeline 'inner': 'n' wants int, got 'x'"),
        ("inner()", "pipeline 'inner' is not given its input 'n'"),
        ("inner(1, m=2)", "pipeline 'inner' has no input 'm'"),
        ("inner(1, n=2)", "pipeline 'inner' is given 'n' twice"),
        ("inner(1, 2, 3)", "takes 2 positional inputs, got 3"),
        ("inner(1, id=3)", "an invocation id is a text, got 3"),
        ("inner(1, id='a', step_name='b')", "both id and step_name"),
        ("inner(1, 'fast')", r"'mode' wants Literal\['train', 'test'\], got 'fast'"),
    ],
)
def test_arguments_are_checked(tmp_path: Path, call: str, message: str) -> None:
    source = f"""
@pipeline
def inner(n: int, mode: Literal["train", "test"] = "train"):
    work(n)
@pipeline
def p():
    {call}
"""
    with pytest.raises(AuthorError, match=message) as caught:
        traced(tmp_path, STEPS + source, wanted="p")
    assert caught.value.where.endswith(":17")


def test_a_parameter_may_be_called_id(tmp_path: Path) -> None:
    source = """
@pipeline
def inner(id: int):
    work(id)
@pipeline
def p():
    inner(id=3, step_name="mine")
"""
    assert "mine.work = work(n=3) -> output: int" in text(tmp_path, STEPS + source, wanted="p")


def test_what_only_a_run_can_do_is_noted(tmp_path: Path) -> None:
    source = """
@pipeline(
    timeout=5,
    execution_mode="fail_fast",
    on_init=told,
    on_cleanup=told,
    run_name="{a}",
    substitutions={"a": "x"},
)
def inner():
    work()
@pipeline
def p():
    inner()
"""
    front = prepare(load_pipeline(f"{write(tmp_path, STEPS + source)}:p"))
    assert front.pipeline.timeout is None
    assert front.notes[0] == (
        "pipeline 'inner' is nested, where its on_init, on_cleanup, execution_mode, timeout, "
        "run_name, substitutions cannot apply: a run has those of pipeline 'p'"
    )


def test_files_are_beside_the_pipeline_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    folder = tmp_path / "parts"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "data" / "words.txt").write_text("words", encoding="utf-8")
    (folder / "Dockerfile").write_text("FROM inner", encoding="utf-8")
    (tmp_path / "outer.txt").write_text("outer", encoding="utf-8")
    inner = """
@step
def work() -> None: ...
@pipeline(include=["data/*.txt"], settings={"docker": {"dockerfile": "Dockerfile"}})
def inner():
    work()
"""
    write(folder, inner, name="inner_pipeline.py")
    outer = """
from parts.inner_pipeline import inner, work
@pipeline(include=["outer.txt"])
def p():
    inner()
    work()
"""
    front = prepare(load_pipeline(f"{write(tmp_path, outer)}:p"))
    for step in front.spec["steps"]:
        assert list(step["ingredients"]["include"]) == ["outer.txt", "parts/data/words.txt"]
    assert [step.docker.dockerfile for step in front.pipeline.steps] == ["FROM inner", ""]
    assert b"src/parts/data/words.txt" in front.bundle.data
    (folder / "data" / "words.txt").unlink()
    with pytest.raises(AuthorError, match=r"\.py(:\d+)?: include: nothing matches 'data/\*.txt'"):
        prepare(load_pipeline(f"{next(tmp_path.glob('written_*.py'))}:p"))


def test_a_pipeline_that_nests_itself(tmp_path: Path) -> None:
    source = "@pipeline\ndef p():\n    work()\n    p()\n"
    with pytest.raises(AuthorError, match="nested too deeply, or in itself"):
        trace(load_pipeline(f"{write(tmp_path, STEPS + source)}:p"), {})
