"""Runs one task of a DAG of processes as a worker would; inside the environment of Airflow.

run_process.py DAG.py TASK      prints {"rendered": the templated fields}, once it has ended
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

from build_pods import Variables, find_dag


def run(task: Any) -> dict[str, Any]:
    ti = SimpleNamespace(max_tries=0, try_number=1, task=task)
    context = {
        "dag": task.dag,
        "dag_run": SimpleNamespace(logical_date=datetime(2026, 1, 1, tzinfo=timezone.utc)),
        "params": {name: task.dag.params[name] for name in task.dag.params},
        "run_id": "manual__1",
        "ti": ti,
        "var": {"value": Variables()},
    }
    task.render_template_fields(context, task.dag.get_template_env())
    task.execute(context)
    return {name: getattr(task, name) for name in task.template_fields}


if __name__ == "__main__":
    [found] = [it for it in find_dag(sys.argv[1]).tasks if it.task_id == sys.argv[2]]
    sys.stdout.write("\n" + json.dumps({"rendered": run(found)}) + "\n")
