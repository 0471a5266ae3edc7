"""The same chain as a person would write it for Airflow 3, as short as it gets."""

from __future__ import annotations

from datetime import datetime, timezone

from airflow.providers.docker.operators.docker import DockerOperator
from airflow.sdk import DAG, chain

STEPS = 1000
RUN = [
    "--target",
    "airflow",
    "--engine-run",
    "{{ dag.dag_id }}/{{ run_id }}",
    "--run-name",
    "{{ run_id }}",
    "--token",
    "{{ [ti.max_tries, ti.try_number - 1] | max - ti.task.retries }}",
]


def container(name: str, *command: str) -> DockerOperator:
    return DockerOperator(
        task_id=name,
        image="flowc/chain:0123456789abcdef",
        command=["python3", "/opt/flowc/bundle/__main__.py", *command, *RUN],
        environment={"FLOWC_STORE": '{{ var.value.get("flowc_store", "s3://bucket/flowc") }}'},
        labels={"flowc.pipeline": "chain", "flowc.step": name},
        auto_remove="force",
        mount_tmp_dir=False,
        do_xcom_push=False,
        doc_md="`chain.py:8`, called at `chain.py:17`",
    )


with DAG(
    dag_id="written",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    tags=["flowc"],
):
    names = ["add", *(f"add_{number}" for number in range(2, STEPS + 1))]
    tasks = [container(name, "step", name) for name in names]
    chain(*tasks, container("finalise", "finalise").as_teardown(on_failure_fail_dagrun=True))
