"""The target `kubeflow`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flowc.errors import AuthorError
from flowc.registry import Emission
from flowc_backends import images
from flowc_backends.kubeflow.check import check_package
from flowc_backends.kubeflow.lower import lower_package
from flowc_backends.kubeflow.model import BACKOFF, RUN_ID
from flowc_backends.kubeflow.sizes import package_sizes
from flowc_backends.starting import check_sizes
from flowc_runtime.contract import path_segment
from flowc_templates import QuotingError, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc.registry import BuildOptions, EmitOptions, Reporter, Support
    from flowc_backends.kubeflow.model import PackageModel

TEMPLATE = "kubeflow/package.yaml.jinja"


class KubeflowBackend:
    """Compiles to one KFP v2 package that needs no flowc where it is deployed."""

    name: str = "kubeflow"
    kind: Literal["engine", "machine"] = "engine"
    supports: Mapping[str, Support] = {
        "parameters": "native",
        "parallel": "native",
        "images": "native",
        "ship_image": "native",
        "ship_inline": "native",
        "ship_store": "native",
        "ship_mount": "native",
        "environment": "native",
        "caching": "emulated",
        "retries": "emulated",
        "continue_on_failure": "emulated",
        "fail_fast": "emulated",
        "stop_on_failure": "emulated",
        "timeout": "emulated",
        "schedule": "error",
        "run_timeout": "emulated",
        "infrastructure_retries": "native",
        "hooks": "emulated",
        "run_hooks": "emulated",
        "logs": "native",
        "alerter": "emulated",
        "experiment_tracker": "emulated",
        "kubernetes_operator": "native",
        "vertex_operator": "error",
    }

    def emit(self, pipeline: ir.Pipeline, options: EmitOptions) -> Emission:
        pipeline, built = images.place(pipeline, options)
        model = lower_package(pipeline, options)
        text = _render(pipeline, model)
        sizes = package_sizes(model, text)
        check_sizes(sizes, options, self.name, str(pipeline.location))
        return Emission(
            files={f"{path_segment(pipeline.name)}.yaml": text.encode()},
            images=built,
            uses=images.uses(pipeline, options),
            sizes=sizes,
        )

    def build(
        self, emission: Emission, asked: EmitOptions, options: BuildOptions, reporter: Reporter
    ) -> None:
        images.provide(emission, asked, options, reporter)


def package_text(pipeline: ir.Pipeline, options: EmitOptions) -> str:
    """The package of a pipeline whose steps have their images, checked."""
    return _render(pipeline, lower_package(pipeline, options))


def _render(pipeline: ir.Pipeline, model: PackageModel) -> str:
    try:
        text = render(TEMPLATE, package=model, run_id=RUN_ID, backoff=BACKOFF)
    except QuotingError as error:
        raise AuthorError(
            f"pipeline '{pipeline.name}' cannot be written as YAML: {error}",
            where=str(pipeline.location),
        ) from None
    check_package(text, model)
    return text
