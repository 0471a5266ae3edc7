"""The harness's own DAGs: one whose container succeeds, one whose container fails."""

from __future__ import annotations

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator

GREETING = "{{ var.value.harness_greeting }} {{ dag_run.conf['who'] }}"

for name, script in (("works", f"echo {GREETING}"), ("fails", "exit 3")):
    with DAG(f"harness_{name}", schedule=None, catchup=False) as dag:
        DockerOperator(
            task_id="say",
            image="IMAGE",
            command=["sh", "-c", script],
            auto_remove="force",
            mount_tmp_dir=False,
        )
    globals()[dag.dag_id] = dag
