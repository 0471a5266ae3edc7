"""An executor changes what a step runs in, and nothing of what is run, when, and after what."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from flowc import ir
from flowc_backends.airflow import dag_file
from flowc_backends.prefect import flow_files
from tests.backends.engine_pipelines import (
    NASTY,
    STR,
    WHEN,
    at,
    file_of,
    options,
    parameter,
    pipeline,
    step,
)
from tests.backends.executor_pipelines import WITH_SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowc.registry import Executor

IN_THE_BUNDLE = (
    "caching",
    "retries",
    "fail_fast",
    "stop_on_failure",
    "timeout",
    "run_timeout",
    "hooks",
    "run_hooks",
    "logs",
    "alerter",
    "experiment_tracker",
)
"""What the bundle does with each step, told the same words."""

TOLD_THE_ENGINE = (
    "parameters",
    "parallel",
    "continue_on_failure",
    "schedule",
    "scheduled_time",
    "max_active_runs",
    "max_parallel_steps",
    "infrastructure_retries",
)

OTHERS = ["airflow:kubernetes", "airflow:process", "prefect:kubernetes", "prefect:process"]

EVERYTHING = pipeline(
    "everything",
    step("load", infrastructure_retries=2, location=at(11)),
    step("left", "load", location=at(12)),
    step("right", "load", infrastructure_retries=1, timeout=3.0, location=at(13)),
    step("apart", location=at(14)),
    step("join", "left", "right", location=at(15)),
    parameters=(
        parameter("text", STR, NASTY),
        replace(parameter("until", WHEN, None), filled="interval_end"),
    ),
    schedule=ir.Schedule(cron="30 6 * * *", timezone="Europe/Berlin"),
    max_active_runs=2,
    max_parallel_steps=3,
)

KINDS = ("container", "pod", "process")
RETRYING = {"retries", "retry_delay", "retry_delay_seconds", "name"}


def tree_of(emit: Callable[..., dict[str, bytes]], executor: Executor) -> tuple[ast.Module, Any]:
    files = emit(EVERYTHING, options(executor=executor))
    return ast.parse(file_of(files)), files.get("prefect.yaml")


def told(call: ast.Call, given: int) -> list[str]:
    """The first arguments of a call that makes a task, and how often it is tried."""
    kept = [ast.unparse(word) for word in call.args[:given]]
    return kept + [ast.unparse(word) for word in call.keywords if word.arg in RETRYING]


def in_a_dag(tree: ast.Module) -> Iterator[Any]:
    """What the DAG says of itself, of its runs, and of each task but where it runs."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="RUN")]):
                yield ast.unparse(node)
            case ast.With(items=[item], body=body):
                yield ast.unparse(item)
                yield [_task_of_dag(line) for line in body]
            case _:
                pass


def _task_of_dag(line: ast.stmt) -> Any:
    match line:
        case ast.Assign(value=ast.Call(func=ast.Name()) as call, targets=[name]):
            return ast.unparse(name), told(call, 2)
        case ast.Assign(
            value=ast.Call(func=ast.Attribute(value=ast.Call() as call, attr=last), keywords=words)
        ):
            return told(call, 2), last, [ast.unparse(word) for word in words]
        case _:
            return ast.unparse(line)


def in_a_flow(tree: ast.Module) -> Iterator[Any]:
    """The flow's body, what it does with a run, and of each task all but where it runs."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name="Run"):
                yield [
                    ast.unparse(method)
                    for method in node.body
                    if isinstance(method, ast.FunctionDef)
                    and method.name.removesuffix("_now") not in KINDS
                ]
            case ast.Assign(targets=[ast.Name(id="SLOTS")]):
                yield ast.unparse(node)
            case ast.FunctionDef(
                decorator_list=[ast.Call(func=ast.Name(id="step")) as made],
                body=[_, ast.Expr(value=ast.Call() as call)],
            ):
                yield node.name, ast.unparse(made), told(call, 2)
            case ast.FunctionDef(decorator_list=[ast.Call(func=ast.Name(id="flow"))]):
                yield ast.unparse(node.args), [ast.unparse(line) for line in node.body]
            case _:
                pass


def worded_alike(text: str) -> str:
    for kind in ("processes", "containers", "pods", *KINDS):
        text = text.replace(kind, "KIND")
    return text


@pytest.mark.shows(*IN_THE_BUNDLE, *TOLD_THE_ENGINE, on=OTHERS)
@pytest.mark.parametrize("executor", ["kubernetes", "process"])
@pytest.mark.parametrize(("emit", "parts"), [(dag_file, in_a_dag), (flow_files, in_a_flow)])
def test_all_but_the_place_is_the_same(
    executor: Executor,
    emit: Callable[..., dict[str, bytes]],
    parts: Callable[[ast.Module], Iterator[Any]],
) -> None:
    usual, deployment = tree_of(emit, "docker")
    other, other_deployment = tree_of(emit, executor)
    assert worded_alike(repr([*parts(other)])) == worded_alike(repr([*parts(usual)]))
    assert other_deployment == deployment


@pytest.mark.parametrize(
    ("emit", "parts", "found"),
    [
        (
            dag_file,
            in_a_dag,
            [
                "'--scheduled-time'",
                "CronTriggerTimetable('30 6 * * *', timezone='Europe/Berlin')",
                "max_active_runs=2",
                "max_active_tasks=3",
                "retries=2",
                "['step', 'right']",
                ">> join",
                "on_failure_fail_dagrun=True",
            ],
        ),
        (
            flow_files,
            in_a_flow,
            [
                "'--scheduled-time'",
                "SLOTS = 3",
                "retries=2",
                "['step', 'right']",
                "wait_for=[steps[",
                "as_json(name, value)",
            ],
        ),
    ],
)
def test_what_is_compared_is_all_of_it(
    emit: Callable[..., dict[str, bytes]],
    parts: Callable[[ast.Module], Iterator[Any]],
    found: list[str],
) -> None:
    tree, deployment = tree_of(emit, "docker")
    text = repr([*parts(tree)]).replace("\\'", "'")
    assert [part for part in found if part not in text] == []
    if deployment is not None:
        assert b"concurrency_limit" in deployment
        assert b"Europe/Berlin" in deployment


def secrets_of(executor: Executor) -> list[str]:
    """How the flow looks secrets up, to whom it gives what it found, and which each task asks."""
    tree = ast.parse(file_of(flow_files(WITH_SECRETS, options(executor=executor))))
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name="find_secrets"):
                found.append(ast.unparse(node))
            case ast.keyword(arg="secrets"):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Name(id="find_secrets")):
                found.append(ast.unparse(node))
            case _:
                pass
    return sorted(found)


@pytest.mark.shows("secrets", on=["prefect:process"])
def test_a_process_is_given_the_secrets_of_a_container() -> None:
    """Those of containers are tried on the engine itself."""
    found = secrets_of("process")
    assert found == secrets_of("docker")
    assert "find_secrets(secrets or [])" in found
    assert len([line for line in found if line.startswith("secrets=['FLOWC_SECRET_")]) >= 2
    text = file_of(flow_files(WITH_SECRETS, options(executor="process")))
    assert "            env={\n                **os.environ,\n" in text
    assert "                **find_secrets(secrets or []),\n" in text
