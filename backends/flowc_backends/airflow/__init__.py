"""Airflow: one DAG file, valid on Airflow 2.11 and 3 alike.

Its tasks are DockerOperators, KubernetesPodOperators, or processes on the worker.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from flowc.errors import InternalError
from flowc.registry import Emission, Size, Versions
from flowc_backends import images as step_images
from flowc_backends.airflow.lower import bundle_path, lower
from flowc_backends.executors import EXECUTORS, ON_WORKERS, process_notes, shown
from flowc_backends.python_names import ascii_name
from flowc_backends.rendering import render_python
from flowc_backends.starting import check_sizes, start_of, start_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc.deploying import Deployer
    from flowc.registry import BuildOptions, EmitOptions, Executor, Reporter, Support
    from flowc_backends.airflow.model import Dag

TEMPLATE = "airflow/dag.py.jinja"

DAG_FILE = (1 << 24) - 1
"""`DagCode.source_code` of Airflow's models: a text without limit to speak of on PostgreSQL and
SQLite, MySQL's MEDIUMTEXT. The serialized DAG cuts templated fields at 4 KiB
(`[core] max_templated_field_length`), so the bundle is not in it."""

IGNORE_ALL = b"[!:]*\n"
"""Every file, be it read as the regular expression of Airflow 2 or the glob of Airflow 3."""


class AirflowBackend:
    name = "airflow"
    kind: Literal["engine"] = "engine"
    versions = Versions(series=("2.11", "3"), tested=("2.11.2", "3.3.2"))
    supports: Mapping[str, Support] = {**ON_WORKERS, "max_parallel_steps": "native"}
    executors: Mapping[Executor, Mapping[str, Support]] = EXECUTORS
    deploy_options = frozenset(("to", "url", "unpause", "timeout"))

    def emit(self, pipeline: ir.Pipeline, options: EmitOptions) -> Emission:
        if options.executor == "process":
            return Emission(
                files={**dag_file(pipeline, options), **_bundle_files(pipeline, options)},
                notes=tuple(process_notes(pipeline, options.python)),
            )
        pipeline, images = step_images.place(pipeline, options)
        files = dag_file(pipeline, options)
        sizes = (*_command_sizes(pipeline, options), _file_size(files))
        check_sizes(sizes, options, self.name, str(pipeline.location))
        return Emission(
            files=files,
            images=images,
            uses=step_images.uses(pipeline, options),
            sizes=sizes,
            notes=_notes(pipeline, options),
        )

    def build(
        self, emission: Emission, asked: EmitOptions, options: BuildOptions, reporter: Reporter
    ) -> None:
        step_images.provide(emission, asked, options, reporter)

    def deployer(self) -> Deployer:
        from flowc_backends.airflow import deploy

        return deploy


def dag_file(pipeline: ir.Pipeline, options: EmitOptions) -> dict[str, bytes]:
    """The DAG file of a pipeline whose images are placed, by its name."""
    dag = lower(pipeline, options)
    text, tree = render_python(TEMPLATE, dag=dag)
    _check(dag, tree)
    return {f"{dag.dag_id}.py": text.encode()}


def _command_sizes(pipeline: ir.Pipeline, options: EmitOptions) -> tuple[Size, ...]:
    start = start_of(options, "Airflow").arguments
    return start_sizes([(it.docker.python, *start, it.id) for it in pipeline.steps], options)


def _file_size(files: Mapping[str, bytes]) -> Size:
    return Size(
        what="DAG file",
        used=sum(map(len, files.values())),
        limit=DAG_FILE,
        why="Airflow, which keeps it in its database: 16 MiB on MySQL",
    )


def _bundle_files(pipeline: ir.Pipeline, options: EmitOptions) -> dict[str, bytes]:
    """The bundle in a folder of its own: Airflow looks for DAGs in whatever is a zip file."""
    path = bundle_path(ascii_name(pipeline.name), options)
    ignore = f"{path.rpartition('/')[0]}/.airflowignore"
    return {path: options.bundle.data, ignore: IGNORE_ALL}


def _notes(pipeline: ir.Pipeline, options: EmitOptions) -> tuple[str, ...]:
    steps = [step.id for step in pipeline.steps if step.resources.cpu]
    if not steps or options.executor == "kubernetes":
        return ()
    what = "Airflow's DockerOperator makes the number of cores a weight among containers, no limit"
    return (f"{what}: {shown(steps)}",)


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
