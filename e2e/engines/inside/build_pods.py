"""The pods that an Airflow would start for a DAG file; inside the environment of Airflow.

    build_pods.py DAG.py      prints {task id: pod}, as they go to Kubernetes' API

Every templated field is rendered as for a run, and each pod is read again by the models of the
Kubernetes client: a field that these do not know is an error.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from types import SimpleNamespace
from typing import Any

from kubernetes.client import ApiClient
from kubernetes.client import models as k8s

API = ApiClient()


class Variables:
    """`var.value` where no variable is set."""

    def get(self, _: str, default: str) -> str:
        return default


def find_dag(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("generated", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(it.dag for it in vars(module).values() if hasattr(it, "task_id"))


def build(task: Any) -> Any:
    ti = SimpleNamespace(
        dag_id=task.dag.dag_id, task_id=task.task_id, max_tries=0, try_number=1, task=task,
        map_index=-1, dag_run=SimpleNamespace(parent_dag=None), run_id="manual__1",
    )  # fmt: skip
    context = {
        "dag": task.dag,
        "params": {name: task.dag.params[name] for name in task.dag.params},
        "run_id": "manual__1",
        "task": task,
        "ti": ti,
        "var": {"value": Variables()},
    }
    task.render_template_fields(context, task.dag.get_template_env())
    # Otherwise Airflow's connection would be asked for it.
    task.namespace = "default"
    pod = API.sanitize_for_serialization(task.build_pod_request_obj(dry_run=True))
    again = API._ApiClient__deserialize(pod, k8s.V1Pod)  # noqa: SLF001
    assert API.sanitize_for_serialization(again) == pod
    return pod


if __name__ == "__main__":
    dag = find_dag(sys.argv[1])
    sys.stdout.write(json.dumps({task.task_id: build(task) for task in dag.tasks}) + "\n")
