"""Read compiled packages as kfp does, and more strictly; inside the environment of kfp.

    load_kfp_packages.py PACKAGE.yaml…

kfp's loader takes executors and platform settings as they come: their messages are parsed here.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import yaml

# kfp warns of its own deprecations while it is imported.
warnings.simplefilter("ignore")

from google.protobuf import json_format  # noqa: E402
from kfp import components  # noqa: E402
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes  # noqa: E402
from kfp.pipeline_spec import pipeline_spec_pb2 as spec  # noqa: E402


def load(text: str) -> None:
    package, *platforms = yaml.safe_load_all(text)
    loaded = components.load_component_from_text(text)
    parsed = json_format.ParseDict(package, spec.PipelineSpec())
    assert loaded.pipeline_spec == parsed, "kfp took a component for the pipeline"
    json_format.ParseDict(package["deploymentSpec"], spec.PipelineDeploymentConfig())
    for platform in platforms:
        json_format.ParseDict(platform, spec.PlatformSpec())
        for executor in platform["platforms"]["kubernetes"]["deploymentSpec"][
            "executors"
        ].values():
            json_format.ParseDict(executor, kubernetes.KubernetesExecutorConfig())


if __name__ == "__main__":
    for file in sys.argv[1:]:
        load(Path(file).read_text(encoding="utf-8"))
        print(Path(file).name)
