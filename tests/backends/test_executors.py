"""What Airflow, Prefect and Kubeflow are told of executors, resources and placement."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from flowc import ir
from flowc.driver.executors import choose_executor
from flowc.errors import AuthorError, BackendError, FlowcError
from flowc.passes.features import check_features
from flowc.registry import FEATURES, ExecutorBackend, Volume, find_backend
from flowc_backends.airflow import AirflowBackend, dag_file
from flowc_backends.docker.limits import host_config
from flowc_backends.kubeflow.target import package_text
from flowc_backends.kubernetes import cpu_text, label_value, memory_text
from flowc_backends.prefect import PrefectBackend, flow_files
from tests.backends.engine_pipelines import (
    MOUNTED,
    at,
    check_with_ruff,
    file_of,
    function_of,
    options,
    pipeline,
    step,
)
from tests.backends.executor_pipelines import (
    IN_PODS,
    IN_PROCESSES,
    ON_DOCKER,
    ON_KUBEFLOW,
    WITH_SECRETS,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CLAIM = (Volume(source="flowc", target="/store", kind="pvc"),)
CASES: dict[str, tuple[ir.Pipeline, dict[str, Any]]] = {
    "docker": (ON_DOCKER, {}),
    "docker-mounted": (ON_DOCKER, {"store": MOUNTED.store, "volumes": MOUNTED.volumes}),
    "kubernetes": (IN_PODS, {"executor": "kubernetes"}),
    "kubernetes-mounted": (
        IN_PODS,
        {"executor": "kubernetes", "store": "file:///store/$x", "volumes": CLAIM},
    ),
    "process": (IN_PROCESSES, {"executor": "process", "python": "/opt/{{ x }}/python"}),
    "docker-secret": (WITH_SECRETS, {}),
    "kubernetes-secret": (WITH_SECRETS, {"executor": "kubernetes"}),
    "process-secret": (WITH_SECRETS, {"executor": "process"}),
}
SHOWN = (
    *("docker-mounted", "kubernetes-mounted", "process"),
    *("docker-secret", "kubernetes-secret", "process-secret"),
)


def generated(target: str, case: str) -> str:
    made, changes = CASES[case]
    emit = dag_file if target == "airflow" else flow_files
    return file_of(emit(made, options(**changes)))


@pytest.mark.parametrize("case", SHOWN)
@pytest.mark.parametrize("target", ["airflow", "prefect"])
@pytest.mark.shows("gpus", "labels", on=["airflow", "prefect"])
def test_file_is_as_expected(target: str, case: str, golden: Callable[[str, str], None]) -> None:
    golden(f"../{target}/executor-{case}.py.txt", generated(target, case))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("target", ["airflow", "prefect"])
def test_file_is_formatted_and_linted(target: str, case: str) -> None:
    check_with_ruff(generated(target, case), "AIR", "E4", "E7", "E9", "F", "I", "W")


@pytest.mark.shows(
    "resources",
    "gpus",
    "gpu_types",
    "node_selector",
    "tolerations",
    "pvc_volumes",
    "config_map_volumes",
    "empty_dir_volumes",
    "labels",
    "annotations",
    "image_pull",
    "kubernetes_executor",
    on=["kubeflow"],
)
def test_package_is_as_expected(golden: Callable[[str, str], None]) -> None:
    golden(
        "../kubeflow/placed.yaml",
        package_text(ON_KUBEFLOW, options("file:///store", volumes=CLAIM)),
    )


@pytest.mark.shows("gpus", on=["docker"])
def test_the_docker_target_tells_the_daemon() -> None:
    assert host_config(ON_DOCKER.steps[0]) == {
        "NanoCpus": 500_000_000,
        "Memory": 10**10,
        "MemorySwap": 10**10,
        "DeviceRequests": [{"Count": 2, "Capabilities": [["gpu"]]}],
        "Mounts": [
            {"Type": "tmpfs", "Target": "/scratch", "TmpfsOptions": {"SizeBytes": 2**30}},
            {"Type": "bind", "Source": "/srv/data", "Target": "/host"},
        ],
    }
    assert host_config(step("plain")) == {}


def test_a_parameter_is_no_reference_to_a_variable() -> None:
    """Kubernetes replaces `$(NAME)` in a container's arguments, and `$$` everywhere."""
    argument = function_of(generated("airflow", "kubernetes"), "argument")
    text = argument("text", {"text": "$$ $(FLOWC_STORE)"})
    assert "$" not in text
    assert json.loads(text.partition("=")[2]) == "$$ $(FLOWC_STORE)"


@pytest.mark.parametrize("backend", [AirflowBackend(), PrefectBackend()])
@pytest.mark.shows(
    "images",
    "ship_image",
    "resources",
    "gpus",
    "gpu_types",
    on=["airflow:process", "prefect:process"],
)
def test_a_process_has_its_bundle_beside_it_and_no_image(
    backend: AirflowBackend | PrefectBackend,
) -> None:
    emission = backend.emit(IN_PROCESSES, options(executor="process", python="python3.12"))
    assert emission.images == ()
    assert "placed.bundle/bundle-0000000000000000.pyz" in emission.files
    assert emission.notes == (
        "the executor 'process' makes no images: 'python3.12' on the worker runs work",
        "the executor 'process' sets no limits: the worker is what there is for work",
    )


def test_a_weight_instead_of_a_limit_is_told() -> None:
    notes = AirflowBackend().emit(ON_DOCKER, options(executor="docker")).notes
    what = "Airflow's DockerOperator makes the number of cores a weight among containers, no limit"
    assert notes == (f"{what}: work",)


def refusals(backend: str, made: ir.Pipeline, executor: Any = "") -> str:
    chosen = choose_executor(find_backend(backend), executor)
    with pytest.raises(FlowcError) as error:
        check_features(made, chosen.target, chosen.supports, chosen.hints)
    return str(error.value)


def test_what_a_target_does_not_know_is_refused(golden: Callable[[str, str], None]) -> None:
    texts = [
        refusals("airflow", IN_PODS),
        refusals("prefect", IN_PODS, "process"),
        refusals("docker", IN_PODS),
        refusals("local", IN_PODS),
        refusals("kubeflow", IN_PODS),
    ]
    golden("refused_features.txt", "\n\n".join(texts) + "\n")


def test_all_is_native_on_kubernetes() -> None:
    for backend in ("airflow", "prefect"):
        chosen = choose_executor(find_backend(backend), "kubernetes")
        check_features(IN_PODS, chosen.target, chosen.supports)


def test_executors_speak_of_features_that_there_are() -> None:
    for name in ("airflow", "prefect"):
        backend = find_backend(name)
        assert isinstance(backend, ExecutorBackend)
        assert list(backend.executors) == ["docker", "kubernetes", "process"]
        for differences in backend.executors.values():
            assert differences.keys() <= FEATURES.keys()


@pytest.mark.parametrize(
    ("target", "executor", "python", "message"),
    [
        ("kubeflow", "docker", "", "'kubeflow' has no executor 'docker'.*leave --executor away"),
        ("kubeflow", "kubernetes", "", "'kubeflow' has no executor 'kubernetes'"),
        ("airflow", "", "python3.12", "--python is the interpreter of processes"),
        ("prefect", "kubernetes", "python3.12", "--python is the interpreter of processes"),
    ],
)
def test_executors_that_there_are_not(
    target: str, executor: Any, python: str, message: str
) -> None:
    with pytest.raises(BackendError, match=f"(?s){message}"):
        choose_executor(find_backend(target), executor, python)


@pytest.mark.parametrize("emit", [dag_file, flow_files])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"executor": "kubernetes", "volumes": MOUNTED.volumes}, "pvc:NAME:/store"),
        ({"executor": "process", "volumes": MOUNTED.volumes}, "the worker's own files"),
        ({"executor": "kubernetes", "store": "file:///x"}, "--volume pvc:NAME:/x"),
        ({"executor": "process", "store": "file:x"}, "a process has a folder of its own"),
        ({"executor": "kubernetes", "network": "n"}, "--network is a network of Docker"),
        ({"executor": "process", "platform": "linux/arm64"}, "--platform is what images are"),
    ],
)
def test_options_of_another_executor(
    emit: Callable[..., object], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(AuthorError, match=message):
        emit(pipeline("p", step("a")), options(**changes))


def placed(**placement: Any) -> ir.Pipeline:
    return pipeline("p", step("a", defined=at(7), placement=ir.Placement(**placement)))


def test_what_only_one_engine_refuses() -> None:
    pods = options(executor="kubernetes")
    with pytest.raises(AuthorError, match=r"py:7: the label 'task_id' of step 'a'"):
        dag_file(placed(labels=(("task_id", "x"),)), pods)
    mount = ir.Mount(path="/x", kind="host_path", source="/{{ y }}")
    with pytest.raises(AuthorError, match=r"py:7: Airflow would take .* for a template"):
        dag_file(placed(volumes=(mount,)), pods)
    with pytest.raises(AuthorError, match=r"py:7: the annotation 'x' of step 'a' holds '{{'"):
        package_text(placed(annotations=(("x", "{{ y }}"),)), options())


@pytest.mark.parametrize("path", ["/opt", "/opt/flowc", "/opt/flowc/bundles", "/store"])
def test_a_volume_that_hides_what_is_needed(path: str) -> None:
    mount = ir.Mount(path=path, kind="pvc", source="x")
    case = placed(volumes=(mount,))
    given = options("file:///store", volumes=CLAIM)
    for emit in (dag_file, flow_files):
        with pytest.raises(AuthorError, match=rf"py:7: step 'a' has a volume at {path}"):
            emit(case, replace(given, executor="kubernetes"))
    with pytest.raises(AuthorError, match=rf"py:7: step 'a' has a volume at {path}"):
        package_text(case, given)


def test_quantities() -> None:
    assert [cpu_text(millis) for millis in (10, 500, 1000, 2500)] == ["10m", "500m", "1", "2500m"]
    sizes = (10**10, 10 * 2**30, 2**29, 1500 * 10**6, 10**7 + 1, 2**40)
    assert [memory_text(size) for size in sizes] == [
        *("10G", "10Gi", "512Mi", "1500M", "10000001", "1Ti"),
    ]
    assert label_value("-größe {{ x }}-") == "gr-e-x"
