"""How the bundle reaches a container: every engine, every way."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
import yaml

from flowc import ir
from flowc.errors import AuthorError, BackendError, Errors
from flowc.registry import Bundle, EmitOptions, Volume
from flowc_backends.airflow import AirflowBackend, dag_file
from flowc_backends.kubeflow.check import check_package
from flowc_backends.kubeflow.lower import lower_package
from flowc_backends.kubeflow.sizes import package_sizes
from flowc_backends.kubeflow.target import KubeflowBackend, package_text
from flowc_backends.prefect import PrefectBackend, flow_files
from flowc_backends.starting import PART, Start, check_sizes, start_of
from tests.backends.engine_pipelines import (
    DATABASE,
    STR,
    at,
    check_with_ruff,
    file_of,
    pipeline,
    step,
)
from tests.backends.executor_pipelines import EMPTY, HOST, PLACEMENT, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowc.registry import Ship, Size

DECLARED = ir.DockerSettings(
    environment=(("GREETING", "it's {{ x }}"), ("EMPTY", "")), user="1000:100"
)
CASE = pipeline("shipped", step("load", docker=DECLARED, location=at(11)), step("train", "load"))
FOR_KUBEFLOW = replace(
    CASE,
    body=ir.Block(
        nodes=(
            replace(CASE.steps[0], docker=replace(DECLARED, environment=(("GREETING", "it's"),))),
            CASE.steps[1],
        )
    ),
)
SHIPS: tuple[Ship, ...] = ("inline", "store", "mount")


def noise(size: int) -> bytes:
    """Bytes that cannot be compressed, always the same."""
    return random.Random(1).randbytes(size)  # noqa: S311 - nothing to guess


def asked(ship: Ship, *, kind: Any = "bind", size: int = 100) -> EmitOptions:
    spec: Any = {"flowc": "0.1.0"}
    bundles = Volume(source="/srv/bundles" if kind == "bind" else "bundles", target="", kind=kind)
    return EmitOptions(
        bundle=Bundle(digest="0123456789abcdef" * 4, data=noise(size)),
        spec=spec,
        store="s3://bucket/flowc",
        ship=ship,
        bundles=bundles if ship == "mount" else None,
    )


@pytest.mark.parametrize("ship", SHIPS)
def test_dag_files(ship: Ship, golden: Callable[[str, str], None]) -> None:
    text = file_of(dag_file(CASE, asked(ship)))
    check_with_ruff(text, "AIR", "E4", "E7", "E9", "F", "I", "W")
    golden(f"airflow-{ship}.py.txt", text)


@pytest.mark.parametrize("ship", SHIPS)
def test_flow_files(ship: Ship, golden: Callable[[str, str], None]) -> None:
    text = file_of(flow_files(CASE, asked(ship)))
    check_with_ruff(text, "E4", "E7", "E9", "F", "I", "W")
    golden(f"prefect-{ship}.py.txt", text)


IN_PODS = pipeline(
    "shipped",
    step(
        "load",
        inputs=(ir.Input(name="password", type=STR, value=DATABASE),),
        docker=replace(DECLARED, environment=(("GREETING", "it's {{ x }} and $(HOME)"),)),
        location=at(11),
    ),
    step("train", "load", docker=ir.DockerSettings(user="1000"), infrastructure_retries=1),
)


@pytest.mark.parametrize("ship", SHIPS)
@pytest.mark.shows("ship_store", on=["airflow:kubernetes"])
def test_dag_files_of_pods(ship: Ship, golden: Callable[[str, str], None]) -> None:
    text = file_of(dag_file(IN_PODS, replace(asked(ship, kind="pvc"), executor="kubernetes")))
    check_with_ruff(text, "AIR", "E4", "E7", "E9", "F", "I", "W")
    golden(f"airflow-kubernetes-{ship}.py.txt", text)


@pytest.mark.parametrize("ship", SHIPS)
@pytest.mark.shows("ship_store", on=["prefect:kubernetes"])
def test_flow_files_of_pods(ship: Ship, golden: Callable[[str, str], None]) -> None:
    text = file_of(flow_files(IN_PODS, replace(asked(ship, kind="pvc"), executor="kubernetes")))
    check_with_ruff(text, "E4", "E7", "E9", "F", "I", "W")
    golden(f"prefect-kubernetes-{ship}.py.txt", text)


WHOLE = pipeline(
    "shipped",
    step(
        "load",
        inputs=(ir.Input(name="password", type=STR, value=DATABASE),),
        docker=DECLARED,
        resources=RESOURCES,
        placement=ir.Placement(volumes=(EMPTY, HOST), labels=(("team", "blue"),)),
    ),
    step("train", "load"),
)


@pytest.mark.parametrize(("target", "emit"), [("airflow", dag_file), ("prefect", flow_files)])
def test_a_container_is_told_everything_at_once(
    target: str, emit: Callable[..., dict[str, bytes]], golden: Callable[[str, str], None]
) -> None:
    text = file_of(emit(WHOLE, replace(asked("mount"), executor="docker")))
    check_with_ruff(text, "AIR", "E4", "E7", "E9", "F", "I", "W")
    golden(f"{target}-whole.py.txt", text)


def test_a_package_tells_the_cluster_everything_at_once(
    golden: Callable[[str, str], None],
) -> None:
    first = replace(WHOLE.steps[0], docker=FOR_KUBEFLOW.steps[0].docker, placement=PLACEMENT)
    alike = [replace(first, id=name, name=name, inputs=()) for name in ("as", "again")]
    other = replace(alike[0], id="other", name="other", docker=replace(DECLARED, environment=()))
    case = replace(WHOLE, body=ir.Block(nodes=(first, *alike, other)))
    golden("kubeflow-whole.yaml", package_text(case, asked("mount", kind="pvc")))


@pytest.mark.parametrize("emit", [dag_file, flow_files])
def test_what_pods_cannot_be_told_is_refused(
    emit: Callable[..., object], golden: Callable[[str, str], None]
) -> None:
    docker = ir.DockerSettings(user="me", environment=(("1 %", "x"),))
    case = pipeline("refused", step("load", docker=docker, location=at(11)))
    with pytest.raises(Errors) as refused:
        emit(case, replace(asked("inline"), executor="kubernetes"))
    golden("refused_pods.txt", f"{refused.value}\n")
    emit(case, replace(asked("inline"), executor="docker"))
    emit(case, replace(asked("inline"), executor="kubernetes", ship="image"))


@pytest.mark.parametrize("backend", [AirflowBackend(), PrefectBackend()])
def test_a_pod_is_an_object_of_limited_size(backend: AirflowBackend | PrefectBackend) -> None:
    case = pipeline("large", step("only"))
    options = replace(asked("inline", size=1_200_000), executor="kubernetes")
    with pytest.raises(BackendError, match=r"largest command in a pod: 1,\d+,\d+ of 1,572,864"):
        backend.emit(case, options)
    sizes = backend.emit(case, replace(options, executor="docker")).sizes
    assert "largest command in a pod" not in {it.what for it in sizes}


@pytest.mark.parametrize("ship", SHIPS)
def test_packages(ship: Ship, golden: Callable[[str, str], None]) -> None:
    golden(f"kubeflow-{ship}.yaml", package_text(FOR_KUBEFLOW, asked(ship, kind="pvc")))


def test_what_kubernetes_cannot_be_told_is_refused(golden: Callable[[str, str], None]) -> None:
    named = replace(CASE.steps[0], docker=replace(DECLARED, user="me"))
    case = pipeline("refused", named)
    with pytest.raises(Errors) as refused:
        package_text(case, asked("store"))
    golden("refused_kubeflow.txt", f"{refused.value}\n")
    image = replace(asked("store"), ship="image")
    assert "it's" not in package_text(case, image)


@pytest.mark.parametrize(
    ("target", "bundles", "hint"),
    [
        ("Airflow", None, "--bundles /folder/of/the/host"),
        ("Prefect", Volume(source="x", target="", kind="pvc"), "--bundles /folder/of/the/host"),
        ("Kubeflow", Volume(source="/x", target=""), "--bundles pvc:NAME"),
    ],
)
def test_bundles_are_mounted_from_somewhere(
    target: str, bundles: Volume | None, hint: str
) -> None:
    with pytest.raises(AuthorError, match=f"where are the bundles that {target}") as refused:
        start_of(replace(asked("mount"), bundles=bundles), target)
    assert refused.value.hint == hint


def started(start: Start, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", *start.arguments, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


PROGRAM = "import sys; print(sys.argv[1:], __file__); sys.exit(3)"


@pytest.fixture
def packed(tmp_path: Path) -> Bundle:
    """A bundle whose only program tells what it was given."""
    file = tmp_path / "packed.pyz"
    with ZipFile(file, "w") as archive:
        archive.writestr("__main__.py", PROGRAM)
        archive.writestr("noise", noise(2 * PART))
    data = file.read_bytes()
    return Bundle(digest=hashlib.sha256(data).hexdigest(), data=data)


def test_an_inline_bundle_runs_and_leaves_nothing(packed: Bundle, tmp_path: Path) -> None:
    start = start_of(replace(asked("inline"), bundle=packed), "Airflow")
    assert len(start.arguments) > 5
    (tmp_path / "tmp").mkdir()
    done = started(start, "step", "it's", TMPDIR=str(tmp_path / "tmp"))
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.startswith(f"['step', \"it's\"] {tmp_path / 'tmp'}/flowc-")
    assert done.stdout.endswith(f"/{packed.filename}/__main__.py\n")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_bundle_in_a_folder_of_a_store_runs_where_it_is(packed: Bundle, tmp_path: Path) -> None:
    start = start_of(replace(asked("store"), bundle=packed), "Airflow")
    place = tmp_path / "a store" / packed.key
    uri = f"file://{tmp_path}/a%20store"
    missing = started(start, "step", FLOWC_STORE=uri)
    assert missing.returncode == 1
    assert f"cannot fetch {packed.key} from the store '{uri}'" in missing.stderr
    assert missing.stderr.endswith("; has this build been deployed?\n")
    place.parent.mkdir(parents=True)
    place.write_bytes(packed.data)
    done = started(start, "step", "x", FLOWC_STORE=uri)
    assert (done.returncode, done.stdout) == (3, f"['step', 'x'] {place}/__main__.py\n")
    place.write_bytes(packed.data + b"!")
    damaged = started(start, "step", FLOWC_STORE=uri)
    assert damaged.returncode == 1
    assert "is not what was compiled" in damaged.stderr


def test_no_engine_expands_what_starts_a_bundle() -> None:
    for ship in SHIPS:
        text = "\n".join(start_of(asked(ship, kind="pvc"), "Kubeflow").arguments)
        assert not any(mark in text for mark in ("{{", "{%", "{#", "$", "\\"))


def sizes_of(case: ir.Pipeline, options: EmitOptions) -> tuple[Size, ...]:
    model, text = lower_package(case, options), package_text(case, options)
    return package_sizes(model, text, check_package(text, model))


def test_what_exceeds_a_limit_is_refused_and_says_by_how_much(
    golden: Callable[[str, str], None],
) -> None:
    case = pipeline("large", step("only"))
    options = asked("inline", size=120_000)
    sizes = sizes_of(case, options)
    with pytest.raises(BackendError) as refused:
        check_sizes(sizes, options, "kubeflow", "pipeline.py:4")
    golden("refused_inline.txt", f"{refused.value}\n")
    with pytest.raises(BackendError, match="too large to be inline on kubeflow"):
        KubeflowBackend().emit(case, options)
    check_sizes(sizes, replace(options, ship="image"), "kubeflow", "")


def test_sizes_of_a_package_are_measured_in_what_is_written() -> None:
    options = replace(asked("store"), ship="image")
    text = package_text(CASE, options)
    found = {it.what: it for it in sizes_of(CASE, options)}
    assert found["package"].used == len(text.encode())
    assert found["package"].limit == 32 * 1024 * 1024
    container = yaml.safe_load(text)["deploymentSpec"]["executors"]["exec-flowc--finalise"]
    assert found["largest container"].used > len(str(container)) // 2
    assert found["workflow while it runs, about"].used > 4 * 4 * 100
