"""One store for several targets: what ran in Docker is not run again by any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from e2e.targets import (
    CHECKOUT,
    Machine,
    OnAirflow,
    OnKubeflow,
    OnPrefect,
    Target,
    only_run,
    run_ids,
)

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.engines.airflow import Airflow
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect
    from e2e.tables import RecordTable

SOURCE = CHECKOUT / "tests/conformance/cases/outputs/several_outputs.py"


def run(target: Target) -> dict[str, Any]:
    before = run_ids(target.store)
    target.run(target.prepare(SOURCE), {})
    return only_run(target.store, SOURCE.stem, before)


def test_engines_find_what_docker_made(
    base_image: str,
    airflow3: Airflow,
    prefect: Prefect,
    kfp: Kfp,
    record_table: RecordTable,
    tmp_path: Path,
) -> None:
    docker = Machine("docker", tmp_path, base_image)
    engines: list[Target] = [
        OnAirflow("airflow3", airflow3, tmp_path, base_image),
        OnPrefect(prefect, tmp_path, base_image),
        OnKubeflow(kfp, tmp_path, base_image),
    ]
    documents = {"docker": run(docker)}
    for engine in engines:
        engine.store = docker.store
        documents[engine.name] = run(engine)
    record_table(
        "one store: statuses",
        {
            name: {step["id"]: step["status"] for step in document["steps"]}
            for name, document in documents.items()
        },
    )
    first = documents.pop("docker")
    assert first["status"] == "completed"
    assert {step["status"] for step in first["steps"]} == {"completed"}
    expected = {
        step["id"]: ("cached", 0, step["cache_key"], step["outputs"]) for step in first["steps"]
    }
    for name, document in documents.items():
        assert document["status"] == "completed", name
        assert document["target"] == name.rstrip("3"), name
        found = {
            step["id"]: (step["status"], step["attempts"], step["cache_key"], step["outputs"])
            for step in document["steps"]
        }
        assert found == expected, name
