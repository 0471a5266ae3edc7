"""Prefect 3: one flow file whose tasks run containers, and its deployment to a process worker."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from flowc.errors import InternalError
from flowc.registry import Emission, Versions
from flowc_backends import images as step_images
from flowc_backends.executors import EXECUTORS, ON_DOCKER, process_notes
from flowc_backends.prefect import deploy as deploying
from flowc_backends.prefect.lower import bundle_path, lower
from flowc_backends.prefect.model import DeploymentEntry
from flowc_backends.prefect.schedules import schedule_keys
from flowc_backends.python_names import ascii_name
from flowc_backends.rendering import render, render_python
from flowc_backends.starting import check_sizes, start_of, start_sizes

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
        Executor,
        Reporter,
        Support,
    )
    from flowc_backends.prefect.model import FlowFile

FLOW = "prefect/flow.py.jinja"
DEPLOYMENT = "prefect/prefect.yaml.jinja"
POOL = "flowc"


class PrefectBackend:
    name = "prefect"
    kind: Literal["engine"] = "engine"
    versions = Versions(series=("3",), tested=("3.4.25", "3.8.8"))
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
        "max_parallel_steps": "emulated",
        "run_timeout": "emulated",
        "infrastructure_retries": "native",
        "hooks": "emulated",
        "run_hooks": "emulated",
        "logs": "native",
        "alerter": "emulated",
        "experiment_tracker": "emulated",
        **ON_DOCKER,
        "docker_executor": "native",
        "kubernetes_executor": "native",
        "process_executor": "native",
        "kubernetes_operator": "error",
        "vertex_operator": "error",
    }
    executors: Mapping[Executor, Mapping[str, Support]] = EXECUTORS
    deploy_options = frozenset(("to", "url", "work_pool", "create_work_pool"))

    def emit(self, pipeline: ir.Pipeline, options: EmitOptions) -> Emission:
        if options.executor == "process":
            bundle = bundle_path(ascii_name(pipeline.name), options)
            return Emission(
                files={**flow_files(pipeline, options), bundle: options.bundle.data},
                notes=tuple(process_notes(pipeline, options.python)),
            )
        pipeline, images = step_images.place(pipeline, options)
        files = flow_files(pipeline, options)
        start = start_of(options, "Prefect").arguments
        commands = [(it.docker.python, *start, it.id) for it in pipeline.steps]
        sizes = start_sizes(commands, options)
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
        del reporter
        return deploying.undeploy(build, options)

    def trigger(self, build: Build, options: DeployOptions, parameters: Mapping[str, str]) -> str:
        return deploying.trigger(build, options, parameters)

    def follow(self, options: DeployOptions, engine_run: str) -> Iterator[EngineRunStatus]:
        return deploying.follow(options, engine_run)


def flow_files(pipeline: ir.Pipeline, options: EmitOptions) -> dict[str, bytes]:
    """The flow file of a pipeline whose images are placed, and its deployment, by their names."""
    flow = lower(pipeline, options)
    text, tree = render_python(FLOW, flow=flow)
    _check(flow, tree)
    deployment = DeploymentEntry(
        entrypoint=f"{flow.file}:{flow.function}",
        pool=POOL,
        schedule=schedule_keys(pipeline),
        max_active_runs=pipeline.max_active_runs,
    )
    described = render(DEPLOYMENT, flow=flow, deployment=deployment)
    return {flow.file: text.encode(), "prefect.yaml": described.encode()}


def _check(flow: FlowFile, tree: ast.Module) -> None:
    """Hold the file against the model: the same tasks, which run the same commands."""
    expected = [(task.function, task.command) for task in (*flow.tasks, flow.finaliser)]
    found: list[tuple[str, object]] = []
    for node in tree.body:
        match node:
            case ast.FunctionDef(
                name=name, body=[_, ast.Expr(value=ast.Call(args=[_, command, *_]))]
            ) if node.decorator_list:
                found.append((name, tuple(ast.literal_eval(command))))
            case _:
                pass
    if found != expected:
        raise InternalError(f"the flow file of '{flow.name}' has other tasks than the pipeline")
