"""Pods and processes: what the engines would start, what they do start, and what a step sees."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from e2e.engines.cluster import Cluster
from e2e.engines.venvs import CHECKOUT, engine_python
from e2e.targets import Machine, OnAirflow, OnPrefect, flowc, only_run
from flowc.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.engines.airflow import Airflow
    from e2e.engines.prefect import Prefect
    from e2e.engines.venvs import EngineName

PIPELINES = CHECKOUT / "e2e/pipelines"
INSIDE = CHECKOUT / "e2e/engines/inside"

CLAIM = ("--store", "file:///flowc/store", "--volume", "pvc:flowc:/flowc")

VOLUMES = [
    {"name": "volume-1", "persistentVolumeClaim": {"claimName": "flowc"}},
    {"name": "volume-2", "persistentVolumeClaim": {"claimName": "data"}},
    {"name": "volume-3", "hostPath": {"path": "/srv/data"}},
    {"name": "volume-4", "configMap": {"name": "app"}},
    {"name": "volume-5", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
]
MOUNTS = [
    {"name": "volume-1", "mountPath": "/flowc"},
    {"name": "volume-2", "mountPath": "/data", "subPath": "in"},
    {"name": "volume-3", "mountPath": "/host"},
    {"name": "volume-4", "mountPath": "/etc/app"},
    {"name": "volume-5", "mountPath": "/scratch"},
]
AMOUNTS = {"cpu": "500m", "memory": "10G", "amd.com/gpu": "2"}
PLACED = {
    "nodeSelector": {"disk": "ssd", "example.org/zone": ""},
    "tolerations": [
        {
            "key": "gpu",
            "operator": "Equal",
            "value": "yes",
            "effect": "NoExecute",
            "tolerationSeconds": 60,
        },
        {"operator": "Exists"},
    ],
    "serviceAccountName": "runner",
    "imagePullSecrets": [{"name": "registry"}],
    "restartPolicy": "Never",
}
SECRET = {"name": "db-main", "key": "password", "optional": True}
ENVIRONMENT = [
    {"name": "FLOWC_STORE", "value": "file:///flowc/store"},
    {"name": "FLOWC_SECRET_DB_MAIN_PASSWORD", "valueFrom": {"secretKeyRef": SECRET}},
]
OF_PODS = (
    *("resources", "gpus", "gpu_types", "node_selector", "tolerations", "service_account"),
    *("pvc_volumes", "host_path_volumes", "config_map_volumes", "empty_dir_volumes"),
    *("labels", "annotations", "image_pull", "secrets", "images", "ship_image"),
)
"""The features that `placed` shows."""
ANNOTATIONS = {"example.org/why": "{{ because }} of $HOME"}


def compile_placed(target: str, out: Path, *more: str) -> Path:
    options = ["--executor", "kubernetes", *CLAIM, "--out", str(out), "--no-build", *more]
    flowc("compile", PIPELINES / "placed.py", "--target", target, *options)
    [file] = out.glob("*.py")
    return file


def ask(engine: EngineName, script: str, *arguments: Path | str, home: Path) -> Any:
    """What a script prints that runs where the engine does."""
    home.mkdir(parents=True)
    done = subprocess.run(
        [engine_python(engine), INSIDE / script, *arguments],
        env={
            **os.environ,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW_HOME": str(home),
            "PREFECT_HOME": str(home),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def said(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {name: found.get(name) for name in expected}


@pytest.mark.parametrize("engine", ["airflow2", "airflow3"])
@pytest.mark.shows(*OF_PODS, "kubernetes_executor", on=["airflow:kubernetes"])
@pytest.mark.shows("kubernetes_executor", on=["airflow"])
def test_airflow_would_start_these_pods(engine: EngineName, tmp_path: Path) -> None:
    file = compile_placed("airflow", tmp_path / "build")
    pods = ask(engine, "build_pods.py", file, home=tmp_path / "home")
    pod = pods["work"]
    [container] = pod["spec"]["containers"]
    assert said(pod["spec"], PLACED) == PLACED
    assert pod["spec"]["volumes"] == VOLUMES
    assert container["volumeMounts"] == MOUNTS
    assert container["resources"] == {"requests": AMOUNTS, "limits": AMOUNTS}
    assert container["image"].startswith("flowc/placed:")
    assert container["imagePullPolicy"] == "Always"
    assert container["command"] == ["python3", "/opt/flowc/bundle/__main__.py"]
    assert container["args"][:2] == ["step", "work"]
    assert container["args"][-1] == 'text="\\u0024\\u0024 \\u0024(FLOWC_STORE) {{ x }}"'
    assert container["env"] == ENVIRONMENT
    assert pod["metadata"]["annotations"] == ANNOTATIONS
    assert (
        pod["metadata"]["labels"].items() >= {"team": "blue", "flowc.pipeline": "placed"}.items()
    )
    last = pods["finalise"]["spec"]
    assert said(last, PLACED) == PLACED
    assert last["volumes"] == VOLUMES[:1]


@pytest.mark.shows(*OF_PODS, "kubernetes_executor", on=["prefect:kubernetes"])
def test_prefect_would_start_these_jobs(tmp_path: Path) -> None:
    file = compile_placed("prefect", tmp_path / "build")
    jobs = ask("prefect", "build_jobs.py", file, home=tmp_path / "home")
    template = jobs["work"]["spec"]["template"]
    [container] = template["spec"]["containers"]
    assert said(template["spec"], PLACED) == PLACED
    assert template["spec"]["volumes"] == VOLUMES
    assert container["volumeMounts"] == MOUNTS
    assert container["resources"] == {"requests": AMOUNTS, "limits": AMOUNTS}
    assert container["image"].startswith("flowc/placed:")
    assert container["imagePullPolicy"] == "Always"
    assert container["command"][:4] == ["python3", "/opt/flowc/bundle/__main__.py", "step", "work"]
    assert container["command"][-1] == 'text="$$$$ $$(FLOWC_STORE) {{ x }}"'
    assert container["env"] == ENVIRONMENT
    assert template["metadata"]["annotations"] == ANNOTATIONS
    assert template["metadata"]["labels"].items() >= {"team": "blue", "flowc.step": "work"}.items()
    assert jobs["work"]["spec"]["backoffLimit"] == 0
    last = jobs["finalise"]["spec"]["template"]["spec"]
    assert said(last, PLACED) == PLACED
    assert last["volumes"] == VOLUMES[:1]


TOLD = [
    ENVIRONMENT[0],
    {"name": "GREETING", "value": "{{ hello }}.sh"},
    ENVIRONMENT[1],
]


def pod_of(engine: EngineName, folder: Path, *ship: str) -> Any:
    """The pod of the step, as the engine makes it of a build that is shipped so."""
    target = engine.rstrip("23")
    file = compile_placed(target, folder / "build", *ship)
    if target == "airflow":
        return ask(engine, "build_pods.py", file, home=folder / "home")["work"]["spec"]
    jobs = ask(engine, "build_jobs.py", file, home=folder / "home")
    return jobs["work"]["spec"]["template"]["spec"]


def words_of(pod: dict[str, Any]) -> list[str]:
    """What the container runs, when Kubernetes has taken `$$` for `$`."""
    [container] = pod["containers"]
    words = [*container["command"], *container.get("args", [])]
    assert not [word for word in words if "$(" in word.replace("$$", "")]
    return [word.replace("$$", "$") for word in words]


@pytest.mark.parametrize("engine", ["airflow2", "airflow3", "prefect"])
@pytest.mark.shows("ship_inline", "environment", on=["airflow:kubernetes", "prefect:kubernetes"])
def test_a_bundle_comes_with_its_pod(engine: EngineName, tmp_path: Path) -> None:
    pod = pod_of(engine, tmp_path, "--ship", "inline")
    [container] = pod["containers"]
    assert sorted(container["env"], key=TOLD.index) == TOLD
    assert container["securityContext"] == {"runAsUser": 1000, "runAsGroup": 100}
    words = words_of(pod)
    done = subprocess.run(
        [sys.executable, *words[1 : words.index("step")], "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("engine", ["airflow2", "airflow3", "prefect"])
@pytest.mark.shows("ship_mount", on=["airflow:kubernetes", "prefect:kubernetes"])
def test_a_pod_mounts_the_bundles(engine: EngineName, tmp_path: Path) -> None:
    pod = pod_of(engine, tmp_path, "--ship", "mount", "--bundles", "pvc:bundles")
    assert pod["volumes"][1] == {
        "name": "volume-2",
        "persistentVolumeClaim": {"claimName": "bundles"},
    }
    [container] = pod["containers"]
    [bundle] = (tmp_path / "build/bundles").glob("*.pyz")
    assert container["volumeMounts"][1] == {"name": "volume-2", "mountPath": "/opt/flowc/bundles"}
    assert words_of(pod)[1] == f"/opt/flowc/bundles/{bundle.name}"


def compile_worker(target: str, folder: Path) -> tuple[Path, Path]:
    """The build directory, and the store."""
    out, store = folder / f"build-{target}", folder / "store"
    store.mkdir()
    options = ["--executor", "process", "--store", f"file://{store}", "--out", str(out)]
    # Of the worker's own interpreters any will do that can read the store.
    flowc("compile", PIPELINES / "worker.py", "--target", target, *options)
    return out, store


@pytest.mark.parametrize("engine", ["airflow2", "airflow3"])
def test_airflow_looks_for_no_dags_in_a_bundle(engine: EngineName, tmp_path: Path) -> None:
    out, _ = compile_worker("airflow", tmp_path)
    assert list(out.glob("worker.bundle/bundle-*.pyz"))
    assert ask(engine, "find_dags.py", out, home=tmp_path / "home") == ["worker.py"]


@pytest.mark.parametrize("engine", ["airflow2", "airflow3"])
@pytest.mark.shows("secrets", on=["airflow:process"])
def test_a_process_is_told_secrets_and_nothing_shows_them(
    engine: EngineName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a worker runs a task, without the rest of Airflow."""
    out, store = tmp_path / "build", tmp_path / "store"
    store.mkdir()
    options = ["--executor", "process", "--store", f"file://{store}", "--out", str(out)]
    flowc("compile", PIPELINES / "told.py", "--target", "airflow", *options)
    secrets = ["the-password-9f2", "the-licence-4c7"]
    monkeypatch.setenv("AIRFLOW_VAR_FLOWC_SECRET_DB_MAIN_PASSWORD", secrets[0])
    monkeypatch.setenv("AIRFLOW_VAR_FLOWC_SECRET_LICENCE", secrets[1])
    home = tmp_path / "home"
    told = ask(engine, "run_process.py", out / "told.py", "prove", home=home)
    assert told["rendered"]["command"][:2] == ["step", "prove"]
    assert not any(secret in json.dumps(told) for secret in secrets)
    run = only_run(store, "told", set())["run_id"]
    client = Client(f"file://{store}")
    proofs = [hashlib.sha256(it.encode()).hexdigest() for it in secrets]
    assert client.artifact(run, "prove") == proofs
    assert "told ***" in client.logs(run, "prove")["prove"]


def check_worker(store: Path, before: set[str], text: str) -> set[str]:
    document = only_run(store, "worker", before)
    assert {step["id"]: step["status"] for step in document["steps"]} == {
        "greet": "completed",
        "count": "completed",
    }
    client, run = Client(f"file://{store}"), document["run_id"]
    greeting, given, interpreter = client.artifact(run, "greet")
    assert (greeting, given) == ("{{ hello }} $HOME.sh", text)
    assert Path(interpreter).name.startswith("python")
    assert "said by a process" in client.logs(run, "greet")["greet"]
    return before | {run}


def on_airflow(airflow: Airflow, folder: Path) -> None:
    out, store = compile_worker("airflow", folder)
    shutil.copytree(out / "worker.bundle", airflow.dags_folder / "worker.bundle")
    assert airflow.add_dag(out / "worker.py") == ["worker"]
    run = airflow.trigger("worker", {"text": "as {{ given }} $$"})
    ended = airflow.wait("worker", run, timeout=300)
    log = airflow.last_log("worker", run, "greet")
    assert ended.state == "success", log
    assert "said by a process" in log
    before = check_worker(store, set(), "as {{ given }} $$")
    run = airflow.trigger("worker", {"fail": 1})
    ended = airflow.wait("worker", run, timeout=300)
    assert (ended.state, ended.tasks["count"]) == ("failed", "failed")
    assert "ValueError: as asked for" in airflow.last_log("worker", run, "count")
    assert only_run(store, "worker", before)["status"] == "failed"


@pytest.mark.shows("process_executor", on=["airflow", "airflow:process"])
@pytest.mark.shows("parameters", "environment", "logs", "ship_image", on=["airflow:process"])
def test_a_process_on_airflow_3(airflow3: Airflow, tmp_path: Path) -> None:
    on_airflow(airflow3, tmp_path)


@pytest.mark.shows("process_executor", on=["airflow", "airflow:process"])
@pytest.mark.shows("parameters", "environment", "logs", "ship_image", on=["airflow:process"])
def test_a_process_on_airflow_2(airflow2: Airflow, tmp_path: Path) -> None:
    on_airflow(airflow2, tmp_path)


@pytest.mark.shows("process_executor", on=["prefect", "prefect:process"])
@pytest.mark.shows("parameters", "environment", "logs", "ship_image", on=["prefect:process"])
def test_a_process_on_prefect(prefect: Prefect, tmp_path: Path) -> None:
    out, store = compile_worker("prefect", tmp_path)
    prefect.deploy(out)
    run = prefect.trigger("worker", "worker", {"text": "as {{ given }} $$"})
    assert prefect.wait(run).state == "COMPLETED", prefect.logs(run)
    assert "said by a process" in prefect.logs(run)
    before = check_worker(store, set(), "as {{ given }} $$")
    run = prefect.trigger("worker", "worker", {"fail": 1})
    assert prefect.wait(run).state == "FAILED"
    assert "ValueError: as asked for" in prefect.logs(run)
    assert only_run(store, "worker", before)["status"] == "failed"


@dataclass(frozen=True, slots=True)
class Podded:
    """A flow of pods, and where it leaves its records."""

    cluster: Cluster
    prefect: Prefect
    file: Path
    store: Path
    configuration: Path

    def start(self, **parameters: object) -> subprocess.Popen[str]:
        python = engine_python("prefect")
        environment = self.prefect.environment(python)
        return subprocess.Popen(
            [python, self.file, json.dumps(parameters)],
            env={**environment, "KUBECONFIG": str(self.configuration)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def steps(self, before: set[str]) -> tuple[str, dict[str, str]]:
        document = only_run(self.store, "podded", before)
        return document["run_id"], {it["id"]: it["status"] for it in document["steps"]}


@pytest.fixture
def podded(prefect: Prefect, base_image: str, tmp_path: Path) -> Iterator[Podded]:
    store = tmp_path / "store"
    store.mkdir()
    out = tmp_path / "build"
    options = ["--executor", "kubernetes", *CLAIM, "--out", str(out)]
    flowc("compile", PIPELINES / "podded.py", "--target", "prefect", *options, image=base_image)
    with Cluster({"flowc": tmp_path}) as cluster:
        configuration = cluster.write_configuration(tmp_path / "kubeconfig")
        yield Podded(cluster, prefect, out / "podded.py", store, configuration)


@pytest.mark.shows("kubernetes_executor", on=["prefect", "prefect:kubernetes"])
@pytest.mark.shows(
    "parameters", "images", "ship_image", "environment", "logs", on=["prefect:kubernetes"]
)
def test_pods_on_prefect(podded: Podded) -> None:
    process = podded.start()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    run, steps = podded.steps(set())
    assert steps == {"greet": "completed", "nap": "completed"}
    client = Client(f"file://{podded.store}")
    assert client.artifact(run, "greet") == ["hello", "$$ $(FLOWC_STORE) {{ x }}"]
    assert "said in a pod" in output
    assert podded.cluster.jobs == {}
    labels = podded.cluster.asked[0]["spec"]["template"]["metadata"]["labels"]
    assert labels == {"team": "blue", "flowc.run": run, "flowc.step": "greet"}
    process = podded.start(fail=1)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "ValueError: as asked for" in output
    assert podded.steps({run})[1] == {"greet": "failed", "nap": "skipped"}
    assert podded.cluster.jobs == {}


def test_no_pod_outlives_its_flow(podded: Podded) -> None:
    process = podded.start(seconds=600)
    assert process.stdout is not None
    for line in process.stdout:
        if "asleep" in line:
            process.send_signal(signal.SIGTERM)
            break
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0, output
    assert podded.steps(set())[1] == {"greet": "completed", "nap": "cancelled"}
    assert podded.cluster.jobs == {}


LABEL = "team=blue"


def labelled(since: float) -> list[str]:
    """The steps whose containers the daemon made with the label of `limited`."""
    words = ["docker", "events", "--filter", "event=create", "--filter", f"label={LABEL}"]
    words += ["--since", str(since), "--until", str(time.time())]
    words += ["--format", '{{index .Actor.Attributes "flowc.step"}}']
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return done.stdout.split()


def seen(target: Machine | OnAirflow | OnPrefect) -> dict[str, str]:
    """What the step of `limited` saw on a target."""
    prepared, began = target.prepare(PIPELINES / "limited.py"), time.time()
    state = target.run(prepared, {})
    assert state.lower() in {"completed", "success"}
    assert "look" in labelled(began)
    document = only_run(target.store, "limited", set())
    client = Client(f"file://{target.store}")
    found: dict[str, str] = client.artifact(document["run_id"], "look")
    return found


LIMITED = {"memory": str(256 * 2**20), "scratch": str(8 * 2**20), "greeting": "hello"}


def check_limits(found: dict[str, str], *, half_a_core: bool = True) -> None:
    assert {name: found[name] for name in LIMITED} == LIMITED
    assert (found["cpu"].split()[0] == "50000") is half_a_core


@pytest.mark.usefixtures("docker_engine")
@pytest.mark.shows("resources", "empty_dir_volumes", "labels", on=["docker"])
def test_limits_on_docker(base_image: str, tmp_path: Path) -> None:
    check_limits(seen(Machine("docker", tmp_path, base_image)))


@pytest.mark.shows("resources", "empty_dir_volumes", "labels", on=["prefect"])
def test_limits_on_prefect(prefect: Prefect, base_image: str, tmp_path: Path) -> None:
    check_limits(seen(OnPrefect(prefect, tmp_path, base_image)))


@pytest.mark.shows("resources", "empty_dir_volumes", "labels", on=["airflow"])
def test_limits_on_airflow(airflow3: Airflow, base_image: str, tmp_path: Path) -> None:
    """Airflow's operator makes cores a weight."""
    check_limits(seen(OnAirflow("airflow3", airflow3, tmp_path, base_image)), half_a_core=False)
