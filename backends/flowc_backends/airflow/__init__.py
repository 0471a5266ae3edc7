"""Airflow: one DAG file, valid on Airflow 2.11 and 3 alike, whose tasks are DockerOperators."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from flowc.errors import InternalError
from flowc.registry import Emission, Size, Versions
from flowc_backends import images as step_images
from flowc_backends.airflow import deploy as deploying
from flowc_backends.airflow.lower import lower
from flowc_backends.python_file import render_file
from flowc_backends.starting import argument_sizes, check_sizes, start_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc import ir
    from flowc.registry import (
        Build,
        BuildOptions,
        Deployment,
        DeployOptions,
        EmitOptions,
        EngineRunStatus,
        Reporter,
        Support,
    )
    from flowc_backends.airflow.model import Dag

TEMPLATE = "airflow/dag.py.jinja"

DAG_FILE = (1 << 24) - 1
"""`DagCode.source_code` of Airflow's models: a text without limit to speak of on PostgreSQL and
SQLite, MySQL's MEDIUMTEXT. The serialized DAG cuts templated fields at 4 KiB
(`[core] max_templated_field_length`), so the bundle is not in it."""


class AirflowBackend:
    name = "airflow"
    kind: Literal["engine"] = "engine"
    versions = Versions(series=("2.11", "3"), tested=("2.11.2", "3.3.2"))
    supports: Mapping[str, Support] = {
        "parameters": "native",
        "parallel": "native",
        "images": "native",
        "ship_image": "native",
        "ship_inline": "native",
        "ship_store": "native",
        "ship_mount": "native",
        "environment": "native",
        "secrets": "native",
        "caching": "emulated",
        "retries": "emulated",
        "continue_on_failure": "native",
        "fail_fast": "emulated",
        "stop_on_failure": "emulated",
        "timeout": "emulated",
        "schedule": "native",
        "scheduled_time": "native",
        "max_active_runs": "native",
        "max_parallel_steps": "native",
        "run_timeout": "emulated",
        "infrastructure_retries": "native",
        "hooks": "emulated",
        "run_hooks": "emulated",
        "logs": "native",
        "alerter": "emulated",
        "experiment_tracker": "emulated",
        "kubernetes_operator": "error",
        "vertex_operator": "error",
    }
    deploy_options = frozenset(("to", "url", "unpause"))

    def emit(self, pipeline: ir.Pipeline, options: EmitOptions) -> Emission:
        pipeline, images = step_images.place(pipeline, options)
        files = dag_file(pipeline, options)
        sizes = (*_command_sizes(pipeline, options), _file_size(files))
        check_sizes(sizes, options, self.name, str(pipeline.location))
        return Emission(
            files=files, images=images, uses=step_images.uses(pipeline, options), sizes=sizes
        )

    def build(
        self, emission: Emission, asked: EmitOptions, options: BuildOptions, reporter: Reporter
    ) -> None:
        step_images.provide(emission, asked, options, reporter)

    def deploy(self, build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
        return deploying.deploy(build, options, reporter)

    def undeploy(self, build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
        return deploying.undeploy(build, options, reporter)

    def trigger(self, build: Build, options: DeployOptions, parameters: Mapping[str, str]) -> str:
        return deploying.trigger(build, options, parameters)

    def follow(self, options: DeployOptions, engine_run: str) -> Iterator[EngineRunStatus]:
        return deploying.follow(options, engine_run)


def dag_file(pipeline: ir.Pipeline, options: EmitOptions) -> dict[str, bytes]:
    """The DAG file of a pipeline whose images are placed, by its name."""
    dag = lower(pipeline, options)
    text, tree = render_file(TEMPLATE, dag=dag)
    _check(dag, tree)
    return {f"{dag.dag_id}.py": text.encode()}


def _command_sizes(pipeline: ir.Pipeline, options: EmitOptions) -> tuple[Size, ...]:
    start = start_of(options, "Airflow").arguments
    return argument_sizes((it.docker.python, *start, it.id) for it in pipeline.steps)


def _file_size(files: Mapping[str, bytes]) -> Size:
    return Size(
        what="DAG file",
        used=sum(map(len, files.values())),
        limit=DAG_FILE,
        why="Airflow, which keeps it in its database: 16 MiB on MySQL",
    )


def _check(dag: Dag, tree: ast.Module) -> None:
    """Hold the file against the model: the same tasks with the same commands."""
    expected = [
        (task.variable, task.task_id, task.command) for task in (*dag.tasks, dag.finaliser)
    ]
    if _tasks(tree) != expected:
        raise InternalError(f"the DAG file of '{dag.dag_id}' has other tasks than the pipeline")


def _tasks(tree: ast.Module) -> list[tuple[str, object, object]]:
    found: list[tuple[str, object, object]] = []
    block = tree.body[-1]
    for node in block.body if isinstance(block, ast.With) else []:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=variable)],
                value=ast.Call(args=[task_id, command])
                | ast.Call(func=ast.Attribute(value=ast.Call(args=[task_id, command]))),
            ):
                literal = ast.literal_eval(task_id), tuple(ast.literal_eval(command))
                found.append((variable, *literal))
            case _:
                pass
    return found
