"""One pipeline, every target, the same answers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from e2e.targets import (
    CHECKOUT,
    Machine,
    OnAirflow,
    OnKubeflow,
    OnPrefect,
    Target,
    flowc,
    only_run,
    run_ids,
)
from flowc.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.engines.airflow import Airflow
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect
    from e2e.tables import RecordTable

DIGITS = CHECKOUT / "examples/digits/pipeline.py"
PIPELINES = CHECKOUT / "e2e/pipelines"
SUCCEEDED = {"completed", "success", "COMPLETED", "SUCCESS"}
FAILED = {"failed", "FAILED", "FAILURE"}
NASTY = (
    'it\'s "quoted" {{ braces }} {% block %} {# no #} {{$.inputs}} $(true) ${x} \\ 🎈\n\ttail.sh'
)
PARAMETERS: dict[str, object] = {
    "number": 2**63 + 1,
    "ratio": 0.1,
    "nested": {"b": [1, {"c": "'{{ x }}'\n"}], "a": None, "big": 2**60 + 1, "é": "ü"},
    "text": NASTY,
    "maybe": 3,
}


@pytest.fixture(scope="module")
def targets(
    base_image: str,
    airflow3: Airflow,
    airflow2: Airflow,
    prefect: Prefect,
    kfp: Kfp,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Target]:
    folder = tmp_path_factory.mktemp("stores")
    return [
        Machine("local", folder, base_image),
        Machine("docker", folder, base_image),
        OnKubeflow(kfp, folder, base_image),
        OnAirflow("airflow3", airflow3, folder, base_image),
        OnAirflow("airflow2", airflow2, folder, base_image),
        OnPrefect(prefect, folder, base_image),
    ]


def run_everywhere(
    targets: list[Target], source: Path, parameters: dict[str, object] | None = None
) -> dict[str, tuple[str, dict[str, Any]]]:
    """For each target the engine's own final state and the run's document."""

    def run(target: Target) -> tuple[str, dict[str, Any]]:
        before = run_ids(target.store)
        state = target.run(target.prepare(source), parameters or {})
        return state, only_run(target.store, source.stem.replace("pipeline", "digits"), before)

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(run, targets))
    return {target.name: result for target, result in zip(targets, results, strict=True)}


def digests(document: dict[str, Any]) -> dict[str, str]:
    return {
        f"{step['id']}.{name}": output["digest"]
        for step in document["steps"]
        for name, output in step["outputs"].items()
    }


def test_digits_give_the_same_outputs_everywhere(
    targets: list[Target], record_table: RecordTable
) -> None:
    results = run_everywhere(targets, DIGITS)
    seen = {name: digests(document) for name, (_, document) in results.items()}
    record_table("digits: outputs", seen)
    assert {name: state in SUCCEEDED for name, (state, _) in results.items()} == dict.fromkeys(
        seen, True
    )
    assert len(seen["local"]) >= 10
    assert {name: found == seen["local"] for name, found in seen.items()} == dict.fromkeys(
        seen, True
    )
    keys = {
        name: {step["id"]: step["cache_key"] for step in document["steps"]}
        for name, (_, document) in results.items()
    }
    assert {name: found == keys["local"] for name, found in keys.items()} == dict.fromkeys(
        seen, True
    )


def test_parameters_change_at_run_time_and_arrive_exactly(targets: list[Target]) -> None:
    results = run_everywhere(targets, PIPELINES / "exact.py", PARAMETERS)
    for target in targets:
        state, document = results[target.name]
        assert state in SUCCEEDED, target.name
        assert document["parameters"] == PARAMETERS, target.name
        client = Client(f"file://{target.store}")
        seen = client.artifact(document["run_id"], "echo", "seen")
        literal = seen.pop("literal")
        assert seen == PARAMETERS, target.name
        kept = client.artifact(document["run_id"], "keep {{ it }} 'all' 🎈.sh", "output")
        assert kept == literal, target.name


def test_a_step_that_raises(targets: list[Target], record_table: RecordTable) -> None:
    source = PIPELINES / "failing.py"
    results = run_everywhere(targets, source)
    shown = {
        name: {step["id"]: step["status"] for step in document["steps"]}
        for name, (_, document) in results.items()
    }
    record_table("failing: statuses", shown)
    expected = {
        "start": "completed",
        "boom": "failed",
        "below": "skipped",
        "beside": "completed",
        "total": "skipped",
        "far": "completed",
        "farther": "completed",
    }
    for name, (state, document) in results.items():
        assert state in FAILED, name
        assert document["status"] == "failed", name
        assert shown[name] == expected, name
        [boom] = [step for step in document["steps"] if step["id"] == "boom"]
        assert boom["error"]["type"] == "ValueError", name
        assert boom["error"]["message"] == "no use for 1 'quoted' {{ braces }}", name
        assert boom["attempts"] == 1, name
    for target in targets:
        # Where a bundle was unpacked says nothing to its author.
        file = source if target.name == "local" else source.relative_to(CHECKOUT)
        log = Client(f"file://{target.store}").logs(results[target.name][1]["run_id"])["boom"]
        assert f'  File "{file}", line 15, in boom\n    raise ValueError(' in log, target.name


def error_kind(step: dict[str, Any]) -> str | None:
    return step["error"]["kind"] if step["error"] else None


def hook_lines(target: Target, run: str) -> dict[str, list[str]]:
    logs = Client(f"file://{target.store}").logs(run)
    return {
        step: [line for line in text.splitlines() if line.startswith("HOOK ")]
        for step, text in logs.items()
    }


def test_hooks_fire_once_whatever_ends_a_step(
    targets: list[Target], record_table: RecordTable
) -> None:
    results = run_everywhere(targets, PIPELINES / "hooked.py")
    shown = {
        name: {step["id"]: f"{step['status']} {step['attempts']}" for step in document["steps"]}
        for name, (_, document) in results.items()
    }
    record_table("hooked: status, attempts", shown)
    for target in targets:
        state, document = results[target.name]
        assert state in FAILED, target.name
        assert document["name"] == "hooked of {{ x }} 'all' 001", target.name
        assert shown[target.name] == {
            "fine": "completed 1",
            "raises": "failed 2",
            "killed": "failed 1",
            "slow": "failed 1",
        }, target.name
        kinds = {step["id"]: error_kind(step) for step in document["steps"]}
        assert kinds == {
            "fine": None,
            "raises": "exception",
            "killed": "killed",
            "slow": "timeout",
        }, target.name
        lines = hook_lines(target, document["run_id"])
        assert lines["fine"] == ["HOOK fine succeeded with 2"], target.name
        assert lines["raises"] == ["HOOK raises failed with LookupError: attempt 2 of 2"], (
            target.name
        )
        for step in ("killed", "slow"):
            [line] = lines[step]
            assert line.startswith(f"HOOK {step} failed with "), target.name


@pytest.mark.parametrize("target", ["kubeflow", "airflow", "prefect"])
def test_compiling_twice_gives_the_same_bytes(target: str, tmp_path: Path) -> None:
    """From two copies of the project in different folders, with different hash seeds."""
    import shutil

    builds: list[dict[str, bytes]] = []
    for seed in ("1", "2"):
        project = tmp_path / f"copy {seed}"
        shutil.copytree(CHECKOUT / "examples", project / "examples")
        (project / "pyproject.toml").touch()
        out = tmp_path / f"out-{seed}"
        volume = "pvc:claim:/s" if target == "kubeflow" else "/srv/flowc:/s"
        options = ["--no-build", "--out", str(out), "--store", "file:///s", "--volume", volume]
        source = project / "examples/digits/pipeline.py"
        flowc("compile", source, "--target", target, *options, seed=seed)
        files = sorted(path for path in out.rglob("*") if path.is_file())
        builds.append({str(path.relative_to(out)): path.read_bytes() for path in files})
    assert json.dumps(sorted(builds[0])) == json.dumps(sorted(builds[1]))
    assert builds[0] == builds[1]
