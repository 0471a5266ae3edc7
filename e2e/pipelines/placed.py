"""A step that says all that a cluster can be told of its pod."""

from __future__ import annotations

from flowc import KubernetesSettings, ResourceSettings, Secret, pipeline, step


@step(
    settings={
        "docker": {
            "environment": {
                "GREETING": "{{ hello }}.sh",
                "PASSWORD": Secret("db_main", key="password"),
            },
            "user": "1000:100",
        },
        "resources": ResourceSettings(
            cpu_count=0.5, memory="10GB", gpu_count=2, gpu_type="amd.com/gpu"
        ),
        "kubernetes": KubernetesSettings(
            node_selector={"disk": "ssd", "example.org/zone": ""},
            tolerations=[
                {
                    "key": "gpu",
                    "value": "yes",
                    "effect": "NoExecute",
                    "toleration_seconds": 60,
                },
                {"operator": "Exists"},
            ],
            volumes=[
                {"path": "/data", "pvc": "data", "sub_path": "in"},
                {"path": "/host", "host_path": "/srv/data"},
                {"path": "/etc/app", "config_map": "app"},
                {"path": "/scratch", "empty_dir": True, "size": "1Gi", "medium": "Memory"},
            ],
            service_account="runner",
            labels={"team": "blue"},
            annotations={"example.org/why": "{{ because }} of $HOME"},
            image_pull_secrets=["registry"],
            image_pull_policy="Always",
        ),
    }
)
def work(text: str) -> str:
    return text


@pipeline
def placed(text: str = "$$ $(FLOWC_STORE) {{ x }}") -> None:
    work(text)
