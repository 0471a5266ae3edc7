from __future__ import annotations

import json
import typing
from typing import TYPE_CHECKING

import pytest

from flowc.cli.compile import EXECUTORS, SHIP
from flowc.cli.options import PIP
from flowc.registry import BuildOptions, Executor, Ship

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

SOURCE = """
from flowc import pipeline, step

@step
def make(n: int) -> int:
    return n

@pipeline
def shaped(n: int = 1, times: int = 2):
    for _ in range(times):
        make(n)
"""

ENGINE = ("--target", "airflow", "--no-build", "--store", "s3://bucket/flowc")


@pytest.fixture
def source(flowc: CommandLine) -> str:
    return flowc.write("shaped_pipeline.py", SOURCE)


def test_the_report_for_people(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, *ENGINE, "-p", "times=3")
    assert (outcome.status, outcome.out) == (0, "")
    lines = outcome.err.splitlines()
    assert lines[0] == "compiled shaped for airflow into build/airflow/shaped/"
    assert "  shaped.py" in lines
    assert "run-time parameters: n" in lines
    assert any(line.startswith("bound at compile time: times = 3 (") for line in lines)
    assert (flowc.folder / "build/airflow/shaped/shaped.py").is_file()


def test_the_report_as_json(flowc: CommandLine, source: str) -> None:
    outcome = flowc("compile", source, *ENGINE, "--out", "here", "--json")
    report = json.loads(outcome.out)
    assert (report["pipeline"], report["target"], report["out"]) == ("shaped", "airflow", "here")
    assert sorted(report["files"]) == report["files"]
    assert all((flowc.folder / "here" / file).is_file() for file in report["files"])
    assert report["runtime_parameters"] == ["n"]
    (bound,) = report["bound_parameters"]
    assert (bound["name"], bound["value"]) == ("times", 2)


def test_a_process_has_its_bundle_beside_it(flowc: CommandLine, source: str) -> None:
    options = ("--executor", "process", "--python", "/opt/python", "--out", "here")
    outcome = flowc("compile", source, *ENGINE, *options)
    assert (outcome.status, outcome.out) == (0, "")
    [bundle] = (flowc.folder / "here/shaped.bundle").glob("*.pyz")
    text = (flowc.folder / "here/shaped.py").read_text()
    assert f'"{bundle.name}"' in text
    assert 'PYTHON = "/opt/python"' in text
    manifest = json.loads((flowc.folder / "here/manifest.json").read_text(encoding="utf-8"))
    assert f"shaped.bundle/{bundle.name}" in manifest["files"]
    assert (manifest["executor"], manifest["images"]) == ("process", {})
    assert manifest["features"]["process_executor"] == "native"
    assert manifest["features"]["ship_image"] == "emulated"


@pytest.mark.parametrize("ship", ["inline", "store", "mount"])
def test_a_process_has_its_bundle_no_other_way(flowc: CommandLine, source: str, ship: str) -> None:
    options = ("--executor", "process", "--ship", ship, "--bundles", "/srv/bundles")
    outcome = flowc("compile", source, *ENGINE, *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert f"the ship mode '{ship}' is not available for airflow --executor" in outcome.err
    assert "leave --ship away" in outcome.err
    assert not (flowc.folder / "build").exists()


def test_what_the_environment_says_of_images_is_not_for_processes(
    flowc: CommandLine, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("FLOWC_REGISTRY", "ghcr.io/team"),
        ("FLOWC_PARENT_IMAGE", "mine:1"),
        ("FLOWC_PIP", "host"),
    ):
        monkeypatch.setenv(name, value)
    assert flowc("compile", source, *ENGINE, "--executor", "process").status == 0


def test_a_pod_mounts_a_claim_with_bundles(flowc: CommandLine, source: str) -> None:
    mounted = ("--executor", "kubernetes", "--ship", "mount", "--bundles")
    refused = flowc("compile", source, *ENGINE, *mounted, "/srv/bundles")
    assert refused.status == 2
    assert "hint: --bundles pvc:NAME" in refused.err
    outcome = flowc("compile", source, *ENGINE, *mounted, "pvc:shared", "-o", "b")
    assert outcome.status == 0, outcome.err
    assert 'claim_name="shared"' in (flowc.folder / "b/shaped.py").read_text(encoding="utf-8")
    manifest = json.loads((flowc.folder / "b/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["ship"], manifest["executor"]) == ("mount", "kubernetes")
    assert f"bundles/{manifest['bundle']}.pyz" in manifest["files"]
    assert "largest command in a pod" in [it["what"] for it in manifest["sizes"]]


def test_an_executor_that_there_is_not(flowc: CommandLine, source: str) -> None:
    outcome = flowc(
        "compile", source, "-t", "kubeflow", "--store", "s3://b", "--executor", "docker"
    )
    assert (outcome.status, outcome.out) == (2, "")
    assert "the target 'kubeflow' has no executor 'docker'" in outcome.err
    assert not (flowc.folder / "build").exists()


def test_a_refusal_writes_nothing(flowc: CommandLine, source: str) -> None:
    outcome = flowc(
        "compile", source, "--target", "airflow", "--no-build", "--store", "file:/data"
    )
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ")
    assert not (flowc.folder / "build").exists()


def test_volumes_reach_the_backend(flowc: CommandLine, source: str) -> None:
    where = ("--store", "file:/data/flowc", "--volume", "/srv/flowc:/data")
    outcome = flowc("compile", source, "-t", "airflow", "--no-build", "-o", "b", *where)
    assert outcome.status == 0, outcome.err
    assert "/srv/flowc" in (flowc.folder / "b/shaped.py").read_text(encoding="utf-8")


def test_the_choices_are_the_registrys() -> None:
    assert typing.get_args(Ship) == SHIP
    assert typing.get_args(Executor) == EXECUTORS
    assert typing.get_args(typing.get_type_hints(BuildOptions)["pip"]) == PIP


def test_the_manifest_tells_all_of_a_build(flowc: CommandLine, source: str) -> None:
    flowc("compile", source, *ENGINE, "-o", "b", "--ship", "store", "--parent-image", "mine:1")
    manifest = json.loads((flowc.folder / "b/manifest.json").read_text(encoding="utf-8"))
    bundle = f"bundles/{manifest['bundle']}.pyz"
    assert sorted(manifest["files"]) == ["build.json", bundle, "ir.json", "shaped.py"]
    assert manifest["features"] == {
        "caching": "emulated",
        "continue_on_failure": "native",
        "docker_executor": "native",
        "images": "native",
        "logs": "native",
        "parallel": "native",
        "parameters": "native",
        "ship_store": "native",
    }
    assert (manifest["ship"], manifest["executor"]) == ("store", "docker")
    assert manifest["images"] == {
        "mine:1": {"built": False, "platform": None, "steps": ["make", "make_2"]}
    }
    assert [it["what"] for it in manifest["sizes"]] == [
        "longest argument",
        "longest command",
        "DAG file",
    ]
    assert all(0 <= it["percent"] < 100 and it["bytes"] < it["limit"] for it in manifest["sizes"])


def test_a_registry_and_a_platform_are_in_the_names_of_images(
    flowc: CommandLine, source: str
) -> None:
    where = ("--registry", "host.example:5000/team/", "--platform", "linux/arm64")
    report = json.loads(flowc("compile", source, *ENGINE, *where, "--json").out)
    [image] = report["images"]
    assert image.startswith("host.example:5000/team/shaped:")
    assert image.endswith("-arm64")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--registry", "https://host"), "'https://host' is not the beginning of an image's name"),
        (("--platform", "linux/s390x"), "'linux/s390x' is not one of"),
        (("--ship", "mount"), "where are the bundles that Airflow mounts?"),
        (("--ship", "mount", "--bundles", "here"), "neither an absolute path"),
        (("--bundles", "/srv/bundles"), "--ship image mounts none"),
        (("--pip", "host"), "--pip says how images are built and tried, and none is: --no-build"),
        (("--trust-image",), "--trust-image says how images are built"),
        (("--executor", "process", "--registry", "ghcr.io/team"), "--registry is where images"),
        (("--executor", "process", "--parent-image", "a:1"), "--parent-image is the image"),
        (("--executor", "process", "--platform", "linux/arm64"), "--platform is what images"),
    ],
)
def test_wrong_ways_to_ship(
    flowc: CommandLine, source: str, options: tuple[str, ...], says: str
) -> None:
    outcome = flowc("compile", source, *ENGINE, *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert says in outcome.err
    assert not (flowc.folder / "build").exists()


@pytest.mark.parametrize("ship", ["inline", "store"])
def test_the_same_pipeline_ships_the_same_bytes(
    flowc: CommandLine, source: str, ship: str
) -> None:
    for out in ("a", "b"):
        assert flowc("compile", source, *ENGINE, "-o", out, "--ship", ship).status == 0
    names = sorted(
        path.relative_to(flowc.folder / "a") for path in (flowc.folder / "a").rglob("*")
    )
    for name in names:
        first, second = (flowc.folder / out / name for out in ("a", "b"))
        assert first.is_dir() or first.read_bytes() == second.read_bytes()
