"""The target `kubeflow`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from flowc.errors import AuthorError
from flowc.registry import Emission, Versions
from flowc_backends import images
from flowc_backends.kubeflow import deploy as deploying
from flowc_backends.kubeflow.check import check_package
from flowc_backends.kubeflow.lower import lower_package
from flowc_backends.kubeflow.model import BACKOFF
from flowc_backends.kubeflow.recurring import recurring_run
from flowc_backends.kubeflow.sizes import package_sizes
from flowc_backends.rendering import render
from flowc_backends.starting import check_sizes
from flowc_runtime.contract import path_segment
from flowc_templates import QuotingError

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
    from flowc_backends.kubeflow.model import PackageModel

TEMPLATE = "kubeflow/package.yaml.jinja"


class KubeflowBackend:
    """Compiles to one KFP v2 package that needs no flowc where it is deployed."""

    name: str = "kubeflow"
    kind: Literal["engine", "machine"] = "engine"
    versions = Versions(series=("2",), tested=("2.14.6", "2.17.0"))
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
        "continue_on_failure": "emulated",
        "fail_fast": "emulated",
        "stop_on_failure": "emulated",
        "timeout": "emulated",
        "schedule": "native",
        "scheduled_time": "native",
        "max_active_runs": "native",
        "max_parallel_steps": "error",
        "run_timeout": "emulated",
        "infrastructure_retries": "native",
        "hooks": "emulated",
        "run_hooks": "emulated",
        "logs": "native",
        "alerter": "emulated",
        "experiment_tracker": "emulated",
        "resources": "native",
        "gpus": "native",
        "gpu_types": "native",
        "node_selector": "native",
        "tolerations": "native",
        "pvc_volumes": "native",
        "host_path_volumes": "error",
        "config_map_volumes": "native",
        "empty_dir_volumes": "native",
        "service_account": "error",
        "labels": "native",
        "annotations": "native",
        "image_pull": "native",
        "docker_executor": "error",
        "kubernetes_executor": "native",
        "process_executor": "error",
        "kubernetes_operator": "native",
        "vertex_operator": "error",
    }
    deploy_options = frozenset(("to", "url"))

    def emit(self, pipeline: ir.Pipeline, options: EmitOptions) -> Emission:
        pipeline, built = images.place(pipeline, options)
        model = lower_package(pipeline, options)
        text, document = _render(pipeline, model)
        sizes = package_sizes(model, text, document)
        check_sizes(sizes, options, self.name, str(pipeline.location))
        return Emission(
            files={
                f"{path_segment(pipeline.name)}.yaml": text.encode(),
                **recurring_run(pipeline),
            },
            images=built,
            uses=images.uses(pipeline, options),
            sizes=sizes,
            notes=_notes(pipeline),
        )

    def build(
        self, emission: Emission, asked: EmitOptions, options: BuildOptions, reporter: Reporter
    ) -> None:
        images.provide(emission, asked, options, reporter)

    def deploy(self, build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
        del reporter
        return deploying.deploy(build, options)

    def undeploy(self, build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
        del reporter
        return deploying.undeploy(build, options)

    def trigger(self, build: Build, options: DeployOptions, parameters: Mapping[str, str]) -> str:
        return deploying.trigger(build, options, parameters)

    def follow(self, options: DeployOptions, engine_run: str) -> Iterator[EngineRunStatus]:
        return deploying.follow(options, engine_run)


def _notes(pipeline: ir.Pipeline) -> tuple[str, ...]:
    if not pipeline.schedule:
        return ()
    note = (
        f"the schedule {pipeline.schedule} becomes a recurring run when this is deployed with "
        "flowc deploy; a package cannot hold it"
    )
    return (note,)


def package_text(pipeline: ir.Pipeline, options: EmitOptions) -> str:
    """The package of a pipeline whose steps have their images, checked."""
    text, _ = _render(pipeline, lower_package(pipeline, options))
    return text


def _render(pipeline: ir.Pipeline, model: PackageModel) -> tuple[str, dict[str, Any]]:
    try:
        text = render(TEMPLATE, package=model, backoff=BACKOFF)
    except QuotingError as error:
        raise AuthorError(
            f"pipeline '{pipeline.name}' cannot be written as YAML: {error}",
            where=str(pipeline.location),
        ) from None
    return text, check_package(text, model)
