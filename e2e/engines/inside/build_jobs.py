"""The jobs that a flow file would create in a cluster; inside the environment of Prefect.

    build_jobs.py FLOW.py      prints {step: job}, as they go to Kubernetes' API

Each is read by the models of the Kubernetes client: a field that these do not know is an error.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import Any

from kubernetes.client import ApiClient
from kubernetes.client import models as k8s

API = ApiClient()


def load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("generated", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(module: Any, function: Any, default: str) -> tuple[str, Any]:
    """What a task asks for, without asking."""
    asked: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    run = type("Run", (), {"pod": lambda _, *words, **options: asked.append((words, options))})()
    function.fn(run)
    [((step, command, image), options)] = asked
    parts = [options.get(name, {}) for name in ("container", "pod", "metadata")]
    start = getattr(module, "START", ["/opt/flowc/bundle/__main__.py"])
    words = ["python3", *start, *command, "--param", f"text={default}"]
    job = module.job({"flowc.step": step}, image, words, *parts)
    read = API._ApiClient__deserialize(job, k8s.V1Job)  # noqa: SLF001
    assert API.sanitize_for_serialization(read) == job
    return step, job


if __name__ == "__main__":
    flow = load(sys.argv[1])
    default = json.dumps("$$ $(FLOWC_STORE) {{ x }}")
    found = dict(build(flow, task, default) for task in (flow.work, flow.finalise))
    sys.stdout.write(json.dumps(found) + "\n")
