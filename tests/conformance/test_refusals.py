"""Every cell of the table that says `error`: who asks for it is told what, where and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowc.driver import compile_pipeline, load_pipeline, run_pipeline
from flowc.errors import AuthorError, BackendError, FlowcError
from flowc.registry import find_backend
from tests.conformance.here import Silent
from tests.conformance.table import Cell, cells

if TYPE_CHECKING:
    from pathlib import Path

STACK = """\
active = "prod"
[stacks.prod]
step_operator = ["kubernetes", "vertex"]
[components.step_operator.kubernetes]
flavor = "kubernetes"
[components.step_operator.vertex]
flavor = "vertex"
project = "p"
"""

SOURCE = """\
from flowc import pipeline, step

@step({step})  # line 3
def work() -> int:
    return 1

@pipeline({pipeline})  # line 7
def asking():
    work()
"""
STEP, PIPELINE = "asking.py:3", "asking.py:7"


def settings(kind: str, **asked: object) -> str:
    return f"settings={ {kind: asked}!r}"


def volume(**asked: object) -> str:
    return settings("kubernetes", volumes=[{"path": "/x", **asked}])


ON_STEPS = {
    "resources": (settings("resources", cpu_count=1), "cpu_count"),
    "gpus": (settings("resources", gpu_count=1), "gpu_count"),
    "gpu_types": (
        settings("resources", gpu_count=1, gpu_type="amd.com/gpu"),
        "gpu_type 'amd.com/gpu'",
    ),
    "node_selector": (
        settings("kubernetes", node_selector={"disk": "ssd"}),
        "the setting 'node_selector'",
    ),
    "tolerations": (
        settings("kubernetes", tolerations=[{"operator": "Exists"}]),
        "the setting 'tolerations'",
    ),
    "pvc_volumes": (volume(pvc="x"), "the pvc volume /x"),
    "host_path_volumes": (volume(host_path="/y"), "the host_path volume /x"),
    "config_map_volumes": (volume(config_map="x"), "the config_map volume /x"),
    "empty_dir_volumes": (volume(empty_dir=True), "the empty_dir volume /x"),
    "service_account": (
        settings("kubernetes", service_account="runner"),
        "the setting 'service_account'",
    ),
    "labels": (settings("kubernetes", labels={"team": "blue"}), "the setting 'labels'"),
    "annotations": (settings("kubernetes", annotations={"a": "b"}), "the setting 'annotations'"),
    "image_pull": (
        settings("kubernetes", image_pull_policy="Always"),
        "the setting 'image_pull_policy'",
    ),
    "kubernetes_operator": ("step_operator='kubernetes'", "step_operator 'kubernetes'"),
    "vertex_operator": ("step_operator='vertex'", "step_operator 'vertex'"),
}
"""By feature, how a step asks for it, and what the refusal calls that."""

ON_PIPELINES = {
    "max_parallel_steps": ("max_parallel_steps=1", "max_parallel_steps of pipeline 'asking'"),
    "schedule": ("schedule='0 3 * * *'", "runs on this machine and has nothing to compile"),
    "max_active_runs": ("max_active_runs=1", "runs on this machine and has nothing to compile"),
}

REFUSED = [cell for cell, support in cells().items() if support == "error"]

refused_cells = pytest.mark.parametrize(
    "cell", REFUSED, ids=lambda cell: f"{cell.column}-{cell.feature}"
)


@refused_cells
def test_it_is_refused(cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flowc.toml").write_text(STACK)
    step, what = ON_STEPS.get(cell.feature, ("", ""))
    asked, what = ON_PIPELINES.get(cell.feature, ("", what))
    (tmp_path / "asking.py").write_text(SOURCE.format(step=step, pipeline=asked))
    with pytest.raises((AuthorError, BackendError)) as refusal:
        attempt(cell)
    written = {path.name for path in tmp_path.iterdir()} - {"__pycache__"}
    assert written == {"asking.py", "flowc.toml"}
    said = str(refusal.value)
    if cell.feature in ON_STEPS:
        assert said.startswith(f"{STEP}: {what}")
        assert f" of step 'work' is not supported by the target {named(cell)}" in said
    elif not is_compiled(cell):
        assert f"the target '{cell.target}' runs on this machine and has nothing to comp" in said
    elif cell.feature in ON_PIPELINES:
        assert said.startswith(f"{PIPELINE}: {what} is not supported by the target {named(cell)}")
    else:
        assert said == of_an_option(cell)


def is_compiled(cell: Cell) -> bool:
    return find_backend(cell.target).kind == "engine"


def named(cell: Cell) -> str:
    return f"'{cell.target} --executor {cell.executor}'" if cell.executor else f"'{cell.target}'"


def of_an_option(cell: Cell) -> str:
    """Of what is no part of a pipeline there is no line."""
    name, _, kind = cell.feature.partition("_")
    if name == "ship":
        where = named(cell).strip("'")
        hint = "leave --ship away: processes find the bundle beside the engine's file"
        return f"the ship mode '{kind}' is not available for {where}\n  hint: {hint}"
    what = f"the target '{cell.target}' has no executor '{name}'"
    return f"{what}\n  hint: leave --executor away: it has its own"


def attempt(cell: Cell) -> None:
    """Run it where the machine would have to refuse the step, else compile it."""
    pipeline = load_pipeline("asking.py")
    if cell.feature in ON_STEPS and not is_compiled(cell):
        run_pipeline(pipeline, target=cell.target, parameters={}, reporter=Silent())
        return
    name, _, kind = cell.feature.partition("_")
    asked: dict[str, Any] = {"executor": cell.executor or ""}
    if name == "ship":
        asked["ship"] = kind
    if kind == "executor":
        asked["executor"] = name
    compile_pipeline(
        pipeline,
        cell.target,
        out="out",
        parameters={},
        store="s3://bucket/flowc",
        reporter=Silent(),
        **asked,
    )


def test_what_is_asked_for_is_all_that_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without asking for anything, each target takes the same pipeline."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "asking.py").write_text(SOURCE.format(step="", pipeline=""))
    for column in {cell.column for cell in REFUSED}:
        cell = Cell(column, "images")
        if is_compiled(cell):
            compile_pipeline(
                load_pipeline("asking.py"),
                cell.target,
                out=f"out/{column.replace(':', '-')}",
                parameters={},
                store="s3://bucket/flowc",
                executor=cell.executor or "",
                reporter=Silent(),
            )


def test_a_refusal_says_which_executor_would_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    step, _ = ON_STEPS["labels"]
    (tmp_path / "asking.py").write_text(SOURCE.format(step=step, pipeline=""))
    with pytest.raises(FlowcError, match="hint: --executor docker or --executor kubernetes"):
        attempt(Cell("airflow:process", "labels"))
